"""What finance sees of plans, as rows: the tables of the page, one after another, and the plans themselves."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from models.plans.figures import By, Change, Figures, Followed, Group, Kept, Line
from models.policies.plans.keeping import Share
from models.reports.tables import Cell, Table

HEALTH = ("standing", "risk", "currency", "plans", "left", "disputed")
KEPT = (
    *("by", "group", "currency", "begun", "ended", "kept", "failed", "ended_by_customer", "ended_by_us", "replaced"),
    *("kept_rate", "kept_low", "kept_high", "payments", "in_time", "in_time_rate", "in_time_low", "in_time_high"),
)
EXPECTED = ("when", "week", "currency", "payments", "automatic", "transfer", "agreed", "at_kept_rate")
REQUESTS = (
    *("currency", "waiting", "oldest_at", "promised_today", "promise_missed", "hardship", "asked"),
    *("answers_90_days", "median_hours", "answered_late"),
)
CHANGES = (
    *("version", "live_on", "retired_on", "days", "currency", "signed_alone", "requests", "offered", "declined"),
    *("started", "amount", "payments_each", "days_each", "first_part", "ended", "kept", "failed"),
    *("kept_rate", "kept_low", "kept_high", "than_before"),
)
PLANS = ("plan", "customer", "account", "standing", "why", "way", "next_on", "currency", "left", "disputed")


def tables(found: Figures) -> dict[str, Table]:
    """Each by its name."""
    facts = {"as_of": found.on.isoformat(), "currency": found.currency}
    return {table.name: table for table in _tables(found, facts)}


def chosen(found: Mapping[str, Table], name: str | None) -> list[Table]:
    """One of them; without a name all but the plans themselves."""
    return [found[name]] if name else [table for table in found.values() if table.name != "plans"]


def _tables(found: Figures, facts: dict[str, str]) -> Iterator[Table]:
    groups = (*found.health.groups, *found.health.risks, found.health.total)
    yield Table("standing", HEALTH, [_group(one) for one in groups], facts)
    yield Table("kept", KEPT, [_kept(one, found) for one in found.kept], facts)
    lines = [_line(line) for line in found.expected.lines]
    yield Table("expected", EXPECTED, [*lines, ("total", *_line(found.expected.total)[1:])], facts)
    yield Table("requests", REQUESTS, [_requests(found)], facts)
    yield Table("versions", CHANGES, [_change(one, found) for one in found.changes], facts)
    yield plans(found.followed, facts)


def plans(followed: Sequence[Followed], facts: dict[str, str]) -> Table:
    return Table("plans", PLANS, [_plan(one) for one in followed], facts)


def _plan(one: Followed) -> tuple[Cell, ...]:
    return (
        *(one.number, one.customer, one.account, one.standing.value, ", ".join(risk.value for risk in one.why)),
        *(one.way.value, one.next_on.isoformat() if one.next_on else None, one.left.currency, one.left, one.disputed),
    )


def _group(one: Group) -> tuple[Cell, ...]:
    return (
        *(one.standing.value if one.standing else "all", one.risk.value if one.risk else None, one.left.currency),
        *(one.plans, one.left, one.disputed),
    )


def _kept(one: Kept, found: Figures) -> tuple[Cell, ...]:
    return (
        *(one.by.value, group_name(one, found), found.currency, one.begun, one.plans.sample),
        *(one.kept, one.failed, one.by_customer, one.by_us, one.replaced, *_share(one.plans)),
        *(one.payments.sample, one.payments.kept, *_share(one.payments)),
    )


def group_name(one: Kept, found: Figures) -> Cell:
    """As it is written in files: a version's number, a rule's name; none where no rule was for a plan."""
    if one.by is By.VERSION:
        return found.numbers.get(one.key)
    return found.rules.get(int(one.key or 0)) if one.by is By.RULE else one.key


def _share(share: Share) -> tuple[Cell, Cell, Cell]:
    low, high = share.interval or (None, None)
    return _part(share.rate), _part(low), _part(high)


def _part(value: Decimal | float | None) -> float | None:
    return None if value is None else round(float(value), 4)


def _line(line: Line) -> tuple[Cell, ...]:
    return (
        *(line.when.value, line.week.isoformat() if line.week else None, line.agreed.currency, line.payments),
        *(line.automatic, line.transfer, line.agreed, line.by_rate),
    )


def _requests(found: Figures) -> tuple[Cell, ...]:
    one = found.requests
    return (
        *(found.currency, one.waiting, one.oldest_at.isoformat() if one.oldest_at else None, one.today, one.late),
        *(one.hardship, one.asked, one.answers, one.median_hours, one.answered_late),
    )


def _change(one: Change, found: Figures) -> tuple[Cell, ...]:
    made = one.made
    return (
        *(one.number, one.live_on.isoformat() if one.live_on else None),
        *(one.retired_on.isoformat() if one.retired_on else None, one.days_until(found.on), found.currency),
        *(made.alone, made.requests, made.offered, made.declined, made.started, made.money),
        *(float(made.payments) if made.payments is not None else None, made.days, _part(made.first)),
        *(one.kept.plans.sample, one.kept.kept, one.kept.failed, *_share(one.kept.plans)),
        one.told.value if one.told else None,
    )
