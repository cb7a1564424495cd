"""Whether what was decided is still right when it goes: asked again in the transaction that marks it 'sending'."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from models.policies.dunning.asking import collectable, held, stopped
from models.policies.dunning.decisions import Spoke
from models.policies.dunning.facts import Facts
from models.policies.dunning.reaching import limits_speak, opening
from models.policies.sequences import Purpose


@dataclass(frozen=True, slots=True)
class Planned:
    """A message that waits: what it asks for of each entry, in minor units. `person_id` none: a letter."""

    message_id: int
    purpose: Purpose
    person_id: int | None
    asked: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """It goes; or it waits until `wait_until`; or it never goes, because of what `against` says."""

    against: Spoke | None = None
    wait_until: datetime | None = None

    @property
    def goes(self) -> bool:
        return self.against is None and self.wait_until is None


def recheck(facts: Facts, planned: Planned, day: date, moment: datetime) -> Verdict:
    against = _held(facts, planned, day) or _no_way(facts, planned)
    if against is None and planned.purpose != Purpose.INVOICE:
        against = next(iter(limits_speak(facts, day, but=planned.message_id)), None)
    if against:
        return Verdict(against)
    if planned.person_id is None:
        return Verdict()
    person = next(one for one in facts.people if one.id == planned.person_id)
    opens_at, _ = opening(facts, person, moment)
    if opens_at is None:
        return Verdict(Spoke("never_open"))
    return Verdict(wait_until=None if opens_at == moment else opens_at)


def _held(facts: Facts, planned: Planned, day: date) -> Spoke | None:
    all_held = stopped(facts, day)
    if all_held:
        return held(all_held, facts)
    left, spoke = collectable(facts, day)
    if all(left.get(entry_id, 0) >= minor for entry_id, minor in planned.asked.items()):
        return None
    return next((one for one in spoke if one.rule.startswith("held.")), None) or Spoke("paid")


def _no_way(facts: Facts, planned: Planned) -> Spoke | None:
    if planned.person_id is None:
        return None if facts.postal else Spoke("no_address")
    person = next((one for one in facts.people if one.id == planned.person_id), None)
    if person is None or person.stopped:
        return Spoke("address_stopped")
    if planned.purpose == Purpose.INVOICE:
        return None
    if person.by_letter and facts.postal:
        return Spoke("wants_letters")
    household = facts.kind != "business" and any(one.opted_out for one in facts.people)
    return Spoke("opted_out") if person.opted_out or household else None
