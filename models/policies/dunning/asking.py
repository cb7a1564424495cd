"""How much of each item we may ask for on a day: what is open, less what holds take, less unapplied credits."""

from collections.abc import Iterator
from datetime import date, timedelta

from models.money import Money
from models.policies.dunning.decisions import Spoke
from models.policies.dunning.facts import Claim, Facts, Item
from models.policies.holding import STOPS


def collectable(facts: Facts, day: date) -> tuple[dict[int, int], list[Spoke]]:
    """Minor units by entry, and the holds and credits that took something."""
    claims = [one for one in facts.claims if one.holds(day) and STOPS[one.kind].asking]
    left = {item.entry_id: item.open_minor for item in facts.items}
    spoke: list[Spoke] = []
    if not (claims or facts.credits or facts.limits.first_overdue_days):
        return left, spoke
    claims.sort(key=lambda one: one.entry_id is None)  # What is about one item first; sums over the account after it.
    items = sorted(facts.items, key=lambda item: (item.due_on or date.max, item.entry_id))
    by_entry = {item.entry_id: item for item in items} if claims else {}
    for claim in claims:
        of = items if claim.entry_id is None else [by_entry[claim.entry_id]] if claim.entry_id in by_entry else []
        if _take(claim, of, left):
            spoke.append(_held(claim, by_entry.get(claim.entry_id or 0)))
    spoke += _too_early(facts, items, left, day)
    for currency, minor in sorted(facts.credits.items()):
        of_currency = [item for item in items if item.currency == currency]
        if minor > 0 and _spread(minor, of_currency, left):
            spoke.append(Spoke("credited", {"amount": Money(minor, currency)}))
    return left, spoke


def _too_early(facts: Facts, items: list[Item], left: dict[int, int], day: date) -> Iterator[Spoke]:
    """Where the law gives a consumer some days after the due date, an item is not asked for on them."""
    days = facts.limits.first_overdue_days
    if not days:
        return
    for item in items:
        if item.due_on is not None and 0 < (day - item.due_on).days <= days and left[item.entry_id]:
            left[item.entry_id] = 0
            until = item.due_on + timedelta(days=days + 1)
            yield Spoke("first_overdue_days", {"number": item.number, "until": until})


def closed(facts: Facts, day: date) -> Spoke | None:
    """What keeps silent about everything."""
    until, days = facts.bank_money_until, facts.bank_money_days
    if until is not None and days is not None and (day - until).days > days:
        return Spoke("bank_money_old", {"until": until})
    all_held = stopped(facts, day)
    return held(all_held, facts) if all_held else None


def stopped(facts: Facts, day: date) -> Claim | None:
    """A hold over the whole account in every currency: nothing goes at all."""
    return next(
        (one for one in facts.claims if one.of_all and one.currency is None and one.holds(day)),
        None,
    )


def _take(claim: Claim, items: list[Item], left: dict[int, int]) -> int:
    """What a hold takes from an item is `least(claimed, open)`; a sum over the account takes from the oldest first."""
    covered = [item for item in items if claim.currency in (None, item.currency)]
    most = claim.minor if claim.minor is not None else sum(item.open_minor for item in covered)
    return _spread(most, covered, left)


def _spread(minor: int, items: list[Item], left: dict[int, int]) -> int:
    taken = 0
    for item in items:
        if taken == minor:
            break
        part = min(minor - taken, left[item.entry_id])
        left[item.entry_id] -= part
        taken += part
    return taken


def held(claim: Claim, facts: Facts) -> Spoke:
    return _held(claim, next((item for item in facts.items if item.entry_id == claim.entry_id), None))


def _held(claim: Claim, item: Item | None) -> Spoke:
    values: dict[str, object] = {"number": item.number} if item and item.number else {}
    if claim.until_on:
        values["until"] = claim.until_on - timedelta(days=1)
    return Spoke(f"held.{claim.kind}", values)
