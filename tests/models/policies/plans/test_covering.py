"""Whatever comes, goes or is owed less: not a cent more or less, late ones first, the others in the agreed order."""

from datetime import date, timedelta

from hypothesis import example, given
from hypothesis import strategies as some

from models.policies.plans.covering import Part, again, cover, shorten

START = date(2026, 1, 31)
minors = some.integers(1, 10_000_000)


@some.composite
def parts(draw: some.DrawFn) -> list[Part]:
    """Late ones fell due before the others; two may fall on one day."""
    days = sorted(draw(some.lists(some.integers(0, 700), max_size=12)))
    late = draw(some.integers(0, len(days)))
    found = [
        Part(number, START + timedelta(days=day), draw(minors), number <= late) for number, day in enumerate(days, 1)
    ]
    return draw(some.permutations(found))


def turn(part: Part) -> tuple[date, int]:
    return part.due_on, part.number


@given(parts(), some.integers(0, 50_000_000), some.booleans())
def test_money_covers_what_is_late_first_and_then_in_the_order_agreed(
    parts: list[Part], minor: int, in_order: bool
) -> None:
    shares = cover(parts, minor, in_order=in_order)
    late = sorted((part for part in parts if part.late), key=turn)
    others = sorted((part for part in parts if not part.late), key=turn, reverse=not in_order)
    filled([*late, *others], shares, minor)


@given(parts(), some.integers(0, 50_000_000))
def test_what_is_owed_less_comes_off_the_last_ones(parts: list[Part], minor: int) -> None:
    filled(sorted(parts, key=turn, reverse=True), shorten(parts, minor), minor)


def filled(turns: list[Part], shares: object, minor: int) -> None:
    """One whole after the other, a part of one at most, and nothing of those after it."""
    poured = {}
    for part in turns:
        poured[part.number] = min(part.left_minor, minor - sum(poured.values()))
    assert shares == {number: share for number, share in poured.items() if share}
    assert sum(poured.values()) == min(minor, sum(part.left_minor for part in turns))


@example(121, 10)
@given(some.integers(1, 50_000_000), some.integers(0, 10_000_000))
def test_what_is_owed_more_becomes_a_dozen_at_most_none_of_them_empty(minor: int, each: int) -> None:
    amounts = again(minor, each)
    assert sum(amounts) == minor
    assert 1 <= len(amounts) <= 12
    assert min(amounts) > 0
    if each and minor <= 12 * each:
        assert max(amounts) <= each
        assert len(amounts) == -(-minor // each)
    else:
        assert max(amounts) - min(amounts) < 12
