"""Statement mails: each customer with a balance once in four weeks, in the week of its cohort."""

from datetime import date, datetime, timedelta

from models.policies.dunning.decisions import Asked, Send, Spoke
from models.policies.dunning.facts import Facts
from models.policies.dunning.reaching import WAITS_AT_MOST, lately, limits_speak, opening, who
from models.policies.sequences import Channel

WEEKS = 4
_FIRST_MONDAY = date(1970, 1, 5).toordinal()


def week_of(day: date) -> int:
    return (day.toordinal() - _FIRST_MONDAY) // 7


def cohort_of(customer_id: int) -> int:
    """A stable hash (Knuth's, of the account's id): neighbours land in different weeks, and always the same ones."""
    return (customer_id * 2_654_435_761 % 2**32) >> 30


def statement(facts: Facts, left: dict[int, int], day: date, moment: datetime) -> tuple[Send | None, list[Spoke]]:
    if not facts.statements or week_of(day) % WEEKS != cohort_of(facts.customer_id) or not any(left.values()):
        return None, []
    monday = day - timedelta(days=day.weekday())
    if lately(facts.log, monday, monday + timedelta(days=6)):
        return None, [Spoke("statement_not_beside")]
    limited = limits_speak(facts, day)
    person, _ = who(facts)
    if limited or person is None or person.by_letter:
        return None, limited
    opens_at, closed = opening(facts, person, moment)
    if opens_at is None or opens_at >= moment + WAITS_AT_MOST:
        return None, [closed]
    asked = tuple(Asked(item, left[item.entry_id]) for item in facts.items if left[item.entry_id] > 0)
    return Send(None, Channel.EMAIL, person.id, asked, None, opens_at), [Spoke("sends.statement")]
