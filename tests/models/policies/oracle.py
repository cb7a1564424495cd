"""
What should happen, worked out the slow way: day by day and minute by minute, from the words of the rules alone. It
shares no line with the policy, so that an error would have to be made twice.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
DECIDES = ("final_notice", "stop_service", "law_firm", "hand_over")


@dataclass
class Expected:
    """`asked`: minor units of each entry, with the place of the step that goes for it, or None."""

    asked: dict[int, tuple[int, int | None]]
    channel: str = "email"
    person: int | None = None
    at: datetime | None = None


def awake(case: dict[str, Any], person: dict[str, Any] | None, moment: datetime) -> bool:
    """Whether this minute is daytime in each of the zones."""
    for name in case["zones"]:
        local = moment.astimezone(ZoneInfo(name))
        minutes = local.hour * 60 + local.minute
        if not case["opens"] <= minutes < case["closes"]:
            return False
        if local.weekday() not in case["weekdays"] or local.date() in case["holidays"]:
            return False
        if person and person["quiet"]:
            begins, ends = person["quiet"]
            silent = begins <= minutes < ends if begins <= ends else not ends <= minutes < begins
            if silent:
                return False
    return True


def first_minute(case: dict[str, Any], person: dict[str, Any] | None, moment: datetime, hours: int) -> datetime | None:
    for number in range(hours * 60):
        if awake(case, person, moment + number * MINUTE):
            return moment + number * MINUTE
    return None


def in_force(case: dict[str, Any], day: date) -> list[dict[str, Any]]:
    return [hold for hold in case["holds"] if hold["from"] <= day and not (hold["until"] and day >= hold["until"])]


def silent(case: dict[str, Any], day: date) -> bool:
    return any(
        hold["entry"] is None and hold["minor"] is None and hold["currency"] is None for hold in in_force(case, day)
    )


def money(case: dict[str, Any], day: date) -> dict[int, int]:
    """What may be asked for: holds on the item, then on the account, the first days of the law, then credit."""
    left = {}
    oldest_first = sorted(case["items"], key=lambda one: (one["due"], one["entry"]))
    for one in oldest_first:
        mine = [hold for hold in in_force(case, day) if hold["entry"] == one["entry"]]
        whole = any(hold["minor"] is None for hold in mine)
        left[one["entry"]] = 0 if whole else max(one["open"] - sum(hold["minor"] for hold in mine), 0)
    pools = [
        (hold["currency"], hold["minor"] if hold["minor"] is not None else 10**12)
        for hold in in_force(case, day)
        if hold["entry"] is None
    ]
    for currency, pool in pools:
        _drain(oldest_first, left, currency, pool)
    for one in oldest_first:
        if 1 <= (day - one["due"]).days <= case["first_days"]:
            left[one["entry"]] = 0
    for currency, pool in case["credits"].items():
        _drain(oldest_first, left, currency, pool)
    return left


def _drain(oldest_first: list[dict[str, Any]], left: dict[int, int], currency: str | None, pool: int) -> None:
    for one in oldest_first:
        if currency is None or one["currency"] == currency:
            part = min(pool, left[one["entry"]])
            left[one["entry"]], pool = left[one["entry"]] - part, pool - part


def step_for(case: dict[str, Any], one: dict[str, Any], left: dict[int, int], day: date) -> tuple[int, int] | None:
    """(place, so-many-th time) of the step that is due for an item, found by walking through the days until now."""
    gone = sorted((line for line in case["lines"] if line["entry"] == one["entry"]), key=lambda line: line["on"])
    steps = [step for step in case["steps"] if _large_enough(case, one, left, step, day)]
    candidate = None
    for number, step in enumerate(steps):
        times = [line["on"] for line in gone if line["step"] == step["id"]]
        planned = one["due"] + step["days"] * DAY
        if step["purpose"] in DECIDES and number:
            before = [line["on"] for line in gone if line["step"] == steps[number - 1]["id"]]
            if not before:
                continue
            planned = max(planned, before[-1] + max(step["days"] - steps[number - 1]["days"], 1) * DAY)
        if planned <= day:
            candidate = (step, times, one["due"] + step["days"] * DAY)
    if candidate is None:
        return None
    step, times, plain = candidate
    if times:
        may = len(times) < step["most"] and step["repeat"] and times[-1] + step["repeat"] * DAY <= day
        return (step["place"], len(times) + 1) if may else None
    if step["purpose"] not in DECIDES and gone and gone[-1]["on"] >= plain:
        return None
    if day < one["recorded"] + case["grace"] * DAY:
        return None
    return step["place"], 1


def _large_enough(
    case: dict[str, Any], one: dict[str, Any], left: dict[int, int], step: dict[str, Any], day: date
) -> bool:
    if one["currency"] != "EUR":
        return True
    beside = sum(
        left[other["entry"]]
        for other in case["items"]
        if other["entry"] != one["entry"] and other["currency"] == "EUR" and other["due"] < day
    )
    return left[one["entry"]] + beside >= step["smallest"]


def too_often(case: dict[str, Any], day: date, but: int | None = None) -> bool:
    felt = [
        one for one in case["log"] if (one["channel"] != "call" or one["spoke"]) and (but is None or one["id"] != but)
    ]
    week = [day - number * DAY for number in range(7)]
    return (
        any(day < one["on"] + case["gap"] * DAY for one in felt)
        or sum(one["on"] in week for one in felt) >= case["per_week"]
    )


def reachable(case: dict[str, Any]) -> dict[str, Any] | None:
    if case["kind"] != "business" and any(person["out"] for person in case["people"]):
        return None
    return next((one for one in case["people"] if not one["stopped"] and not one["out"]), None)


def expected(case: dict[str, Any], day: date, moment: datetime) -> Expected | None:
    """The message of a day, or none."""
    if silent(case, day) or case["bank_late"]:
        return None
    left = money(case, day)
    due = {}
    for one in case["items"]:
        found = step_for(case, one, left, day) if left[one["entry"]] else None
        if found and case["steps"][found[0]]["channel"] != "task":
            due[one["entry"]] = found[0]
    if not due or too_often(case, day):
        return None
    top = case["steps"][max(due.values())]
    asked: dict[int, tuple[int, int | None]] = {entry: (left[entry], place) for entry, place in due.items()}
    if top["days"] >= 0:
        for one in case["items"]:
            if one["entry"] not in due and left[one["entry"]] and one["due"] < day:
                asked[one["entry"]] = (left[one["entry"]], None)
    person = reachable(case)
    if top["channel"] == "letter" or person is None or person["paper"]:
        friendly = top["purpose"] == "reminder" and top["days"] < 0
        if case["postal"] and not (friendly and person is None and top["channel"] != "letter"):
            return Expected(asked, "letter")
        if top["channel"] == "letter" or person is None:
            return None
    at = first_minute(case, person, moment, 24)
    return Expected(asked, "email", person["id"], at) if at else None


def may_go(case: dict[str, Any], planned: Expected, day: date, moment: datetime) -> bool:
    """Whether a mail that was decided before may go in this minute."""
    left = money(case, day)
    person = next((one for one in case["people"] if one["id"] == planned.person), None)
    if silent(case, day) or person is None or person["stopped"] or too_often(case, day, but=1):
        return False
    if person["out"] or (case["kind"] != "business" and any(one["out"] for one in case["people"])):
        return False
    if person["paper"] and case["postal"]:
        return False
    enough = all(left.get(entry, 0) >= minor for entry, (minor, _) in planned.asked.items())
    return enough and awake(case, person, moment)
