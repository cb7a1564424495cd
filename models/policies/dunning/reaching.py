"""To whom and how a message goes, and whether limits, opt-outs or hours keep it back."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from models.policies.calling_hours import daytime
from models.policies.contact_limits import Contacted, free_from, in_seven_days
from models.policies.dunning.decisions import Asked, Raised, Send, Spoke
from models.policies.dunning.facts import Facts, Person
from models.policies.sequences import Channel, Counted, Purpose, Step

WAITS_AT_MOST = timedelta(hours=24)  # The next run decides anew about what could not go until then.
Wanted = tuple[Step, tuple[Asked, ...]]


@dataclass(frozen=True, slots=True)
class Way:
    """`channel` none: there is no way at all."""

    channel: Channel | None
    person: Person | None
    spoke: tuple[Spoke, ...]


def reach(facts: Facts, wanted: Wanted, day: date, moment: datetime) -> tuple[Send | None, Raised | None, list[Spoke]]:
    """The message, or the task where nobody can be reached, or neither: and why."""
    step, asked = wanted
    if facts.words is not None and step.template_id not in facts.words:
        return None, None, [Spoke("no_words", {"step": step.position + 1})]
    limited = [] if step.purpose == Purpose.INVOICE else limits_speak(facts, day)
    if limited:
        return None, None, limited
    way = _way(step, facts)
    if way.channel is None:
        unreachable = any(one.rule == "no_address" for one in way.spoke)
        return None, Raised("no_address", step, asked) if unreachable else None, list(way.spoke)
    if way.channel == Channel.LETTER:
        return Send(step, Channel.LETTER, None, asked, None, moment), None, [*way.spoke, *_says(step, way.channel)]
    opens_at, closed = opening(facts, way.person, moment)
    if opens_at is None or opens_at >= moment + WAITS_AT_MOST:
        return None, None, [*way.spoke, closed]
    assert way.person is not None
    send = Send(step, Channel.EMAIL, way.person.id, asked, None, opens_at)
    return send, None, [*way.spoke, *_says(step, way.channel)]


def _says(step: Step, channel: Channel) -> list[Spoke]:
    return [Spoke(f"sends.{channel}", {"step": step.position + 1})]


def limits_speak(facts: Facts, day: date, but: int | None = None) -> list[Spoke]:
    """
    The smallest gap and the most per week, over all channels.

    :param but: of a message that waits itself. It does not count, nor does what was written after it and waits too: of
        two that would go at once the first one goes.
    """
    log = [one for one in facts.log if but is None or not _behind(one, but)]
    free = free_from(log, facts.limits)
    if day < free:
        return [Spoke("gap", {"until": free, "days": facts.limits.gap_days})]
    lately = in_seven_days(log, day)
    if lately >= facts.limits.per_week:
        return [Spoke("week", {"most": facts.limits.per_week})]
    return []


def _behind(one: Contacted, message_id: int) -> bool:
    return one.message_id == message_id or (one.waits and (one.message_id or 0) > message_id)


def _way(step: Step, facts: Facts) -> Way:
    if step.channel == Channel.LETTER:
        return _by_post(facts, ())
    person, spoke = who(facts, step.purpose == Purpose.INVOICE)
    if person and person.by_letter and step.purpose != Purpose.INVOICE and facts.postal:
        return _by_post(facts, (Spoke("wants_letters"),))
    if person:
        return Way(Channel.EMAIL, person, ())
    friendly = step.purpose == Purpose.REMINDER and step.counted == Counted.FROM_DUE and step.days < 0
    if friendly:
        return Way(None, None, (*spoke, Spoke("friendly_not_by_post")))
    return _by_post(facts, spoke)


def _by_post(facts: Facts, spoke: tuple[Spoke, ...]) -> Way:
    if facts.postal:
        return Way(Channel.LETTER, None, spoke)
    return Way(None, None, (*spoke, Spoke("no_address")))


def who(facts: Facts, always: bool = False) -> tuple[Person | None, tuple[Spoke, ...]]:
    """
    The first contact whom a mail may reach. A consumer's opt-out is everybody's at that address book: somebody else at
    the same consumer is as good as the same person.

    :param always: invoices are no reminders, and go on after an opt-out.
    """
    if not facts.people:
        return None, (Spoke("no_mail_address"),)
    out = [person for person in facts.people if person.opted_out]
    if out and not always and facts.kind != "business":
        return None, (Spoke("opted_out"),)
    for person in facts.people:
        if not person.stopped and (always or not person.opted_out):
            return person, ()
    return None, (Spoke("opted_out") if out and not always else Spoke("address_stopped"),)


def opening(facts: Facts, person: Person | None, moment: datetime) -> tuple[datetime | None, Spoke]:
    hours = daytime(
        facts.zones,
        facts.country,
        facts.limits,
        company_zone=facts.company_zone,
        holidays=facts.holidays,
        quiet=person.quiet if person else None,
    )
    opens_at = hours.next_open(moment)
    if opens_at is None:
        return None, Spoke("never_open")
    return opens_at, Spoke("closed", {"until": opens_at})


def lately(log: tuple[Contacted, ...], first: date, last: date) -> bool:
    return any(first <= one.on <= last and one.channel != "call" for one in log)
