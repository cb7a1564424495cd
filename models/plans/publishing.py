"""From draft to in force: written by some, published by somebody who wrote none of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select

from models import audit, company
from models.database import session
from models.errors import N_, Refused
from models.plans import policies
from models.plans.policies import PlanPolicy, PlanRule, PolicyState
from models.policies.permissions import Permission
from models.policies.plans import Rule, Sentence
from models.policies.plans.checking import problems
from models.staff import Principal


class NotYours(Refused):
    pass


class Locked(Refused):
    pass


class CommentMissing(Refused):
    pass


class NotReady(Refused):
    """`reasons` say what is wrong, each in a sentence."""

    def __init__(self, reasons: Sequence[Sentence]) -> None:
        super().__init__(N_("This is not ready yet."))
        self.reasons = [one.refusal for one in reasons]


def draft(*, by: Principal, now: datetime) -> PlanPolicy:
    """The version that is worked on; a copy of the one in force where there is none."""
    _refuse_unless(by)
    company.locked()  # Two who begin at once get the same draft.
    found = policies.worked_on()
    if found is not None:
        return found
    newest = session.scalar(select(func.max(PlanPolicy.number))) or 0
    made = PlanPolicy(number=newest + 1, state=PolicyState.DRAFT, writers=[by.staff_id], written_at=now)
    session.add(made)
    session.flush()
    policies.put_rules(made, policies.in_force().rules)
    return made


def write(version: PlanPolicy, rules: Sequence[Rule], *, by: Principal, now: datetime, reason: str = "") -> None:
    """
    Keep these rules of a draft, in this order; half-finished ones too. A rule whose id no version knows is new.

    :raises Locked: it waits for a second person, or was published.
    """
    _refuse_unless(by)
    session.refresh(version, with_for_update=True)
    if version.state != PolicyState.DRAFT:
        raise Locked(N_("This version is locked: what waits for a second person or was published is not changed."))
    if by.staff_id not in version.writers:
        version.writers = [*version.writers, by.staff_id]
    version.written_at, version.reason = now, reason.strip()
    unseen = set(session.scalars(select(PlanRule.id)))
    kept = []
    for rule in rules:
        kept.append(rule if rule.id in unseen else replace(rule, id=0))
        unseen.discard(rule.id)
    policies.put_rules(version, kept)


def send(version: PlanPolicy, *, by: Principal, now: datetime) -> None:
    """
    To a second person: nothing in it changes from here on.

    :raises NotReady: with everything that is wrong with its rules.
    """
    _refuse_unless(by)
    session.refresh(version, with_for_update=True)
    _refuse_wrong(version)
    _move(version, PolicyState.WAITING, by=by, now=now, words={"reason": version.reason})
    version.sent_by, version.sent_at = by.staff_id, now
    session.flush()


def publish(version: PlanPolicy, *, by: Principal, now: datetime, comment: str = "") -> None:
    """
    In force from now on, in place of the one before. Plans that were signed keep theirs.

    :raises NotYours: whoever wrote any of it does not publish it.
    """
    _decide(version, by)
    _refuse_wrong(version)
    before = policies.live_version()
    _move(before, PolicyState.RETIRED, by=by, now=now)
    before.retired_at = now
    session.flush()
    _move(version, PolicyState.PUBLISHED, by=by, now=now, words={"comment": comment.strip()})
    version.live_at = now
    _note(version, by, now, comment)


def decline(version: PlanPolicy, *, by: Principal, now: datetime, comment: str) -> None:
    """
    A draft again.

    :raises CommentMissing: whoever wrote it must learn what to do better.
    """
    _decide(version, by)
    if not comment.strip():
        raise CommentMissing(N_("Say what has to change, so that it can be done better."))
    _move(version, PolicyState.DRAFT, by=by, now=now, words={"comment": comment.strip()})
    _note(version, by, now, comment)


def may_decide(version: PlanPolicy, by: Principal) -> bool:
    return (
        version.state == PolicyState.WAITING and by.may(Permission.PLAN_POLICY) and by.staff_id not in version.writers
    )


def _refuse_unless(by: Principal) -> None:
    if not by.may(Permission.PLAN_POLICY):
        raise NotYours(N_("Your role does not include this."))


def _refuse_wrong(version: PlanPolicy) -> None:
    wrong = problems(policies.value(version).rules)
    if wrong:
        raise NotReady(wrong)


def _decide(version: PlanPolicy, by: Principal) -> None:
    _refuse_unless(by)
    session.refresh(version, with_for_update=True)
    if by.staff_id in version.writers:
        raise NotYours(N_("You wrote some of this yourself, so somebody else has to decide."))


def _note(version: PlanPolicy, by: Principal, now: datetime, comment: str) -> None:
    version.decided_by, version.decided_at, version.comment = by.staff_id, now, comment.strip()
    session.flush()


def _move(
    version: PlanPolicy, target: PolicyState, *, by: Principal, now: datetime, words: dict[str, str] | None = None
) -> None:
    """Along the table, audited in the company's stream."""
    version.move_to(target)
    session.flush()
    said = {name: text for name, text in (words or {}).items() if text}
    audit.record(
        company.HOLDING_ACCOUNT,
        f"plan_policy.{target.value}",
        by=by.actor,
        now=now,
        about=version.about,
        facts={"number": version.number, "rules": len(policies.value(version).rules)},
        words=said or None,
    )
