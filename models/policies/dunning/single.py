"""One message that a person writes on approved words: the occasion is theirs, all that binds a run binds it too."""

from dataclasses import replace
from datetime import date, datetime

from models.policies.dunning.asking import closed, collectable
from models.policies.dunning.deciding import is_overdue, with_pay_by
from models.policies.dunning.decisions import Asked, Decision, Send, Spoke
from models.policies.dunning.facts import Facts, Item
from models.policies.dunning.reaching import limits_speak, opening, who
from models.policies.sequences import Channel, Counted, Purpose, Signer, Step, Tone

PAY_BY_DAYS = 7  # Where no step of the customer's sequence uses these words and gives others.


def decide_single(facts: Facts, template_id: int, day: date, moment: datetime) -> Decision:
    """
    Without a message the rules say what speaks against it; with one, what is left out and until when it waits.

    :param template_id: of words for reminders by mail.
    """
    shut = closed(facts, day)
    if shut:
        return _no(shut)
    step = _step(facts, template_id)
    left, spoke = collectable(facts, day)
    asked = tuple(Asked(item, left[item.entry_id]) for item in _items(facts, left, step, day))
    if not facts.items:
        return _no(Spoke("nothing_open"))
    if not asked:
        return _no(*spoke, Spoke("nothing_to_ask" if not any(left.values()) else "not_what_words_say"))
    limited = limits_speak(facts, day)
    if limited:
        return _no(*limited)
    person, out = who(facts)
    if person is None:
        return _no(*out)
    if person.by_letter and facts.postal:
        return _no(Spoke("wants_letters"))
    opens_at, waits = opening(facts, person, moment)
    if opens_at is None:
        return _no(waits)
    send = with_pay_by(Send(step, Channel.EMAIL, person.id, asked, None, opens_at), facts)
    return Decision(send, (), (*spoke, *([waits] if opens_at > moment else [])))


def _no(*spoke: Spoke) -> Decision:
    return Decision(None, (), spoke)


def _step(facts: Facts, template_id: int) -> Step:
    """As the customer's sequence uses these words; whoever writes works for accounts receivable, and signs so."""
    steps = facts.sequence.steps if facts.sequence else ()
    found = next((one for one in steps if one.template_id == template_id and one.channel == Channel.EMAIL), None)
    if found is not None:
        return replace(found, signer=Signer.COLLECTOR, pay_by_days=found.pay_by_days or PAY_BY_DAYS)
    return Step(
        *(0, 0, 0, Counted.FROM_DUE, Channel.EMAIL, Purpose.REMINDER, template_id, Tone.NEUTRAL, Signer.COLLECTOR),
        pay_by_days=PAY_BY_DAYS,
    )


def _items(facts: Facts, left: dict[int, int], step: Step, day: date) -> list[Item]:
    """What is overdue; words for before the due date are about what falls due next."""
    asking = [item for item in facts.items if left[item.entry_id] > 0 and item.due_on is not None]
    if step.counted == Counted.FROM_DUE and step.days < 0:
        coming = [item for item in asking if not is_overdue(item, day)]
        first = min((item.due_on for item in coming if item.due_on), default=None)
        found = [item for item in coming if item.due_on == first]
    else:
        found = [item for item in asking if is_overdue(item, day)]
    return sorted(found, key=lambda item: (item.currency, item.due_on or date.max, item.entry_id))
