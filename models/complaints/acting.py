"""What people do with corrective actions: propose, agree, begin, finish, drop. Each step is audited."""

from collections.abc import Mapping
from datetime import date, datetime

from models import audit, causes
from models.audit import Actor
from models.company import HOLDING_ACCOUNT
from models.complaints import alerts
from models.complaints.actions import ActionState, CorrectiveAction
from models.complaints.counted import Scope
from models.database import session
from models.errors import N_, Refused
from models.policies.permissions import Permission, may
from models.staff import Principal, Staff, StaffState, find
from models.states import changed_meanwhile


class CannotAct(Refused):
    pass


class OwnerUnfit(CannotAct):
    pass


class TooEarly(CannotAct):
    pass


def propose(
    cause_id: int,
    *,
    scope: Scope,
    what: str,
    expected: str,
    owner_id: int,
    due_on: date,
    by: Principal,
    on: date,
    now: datetime,
) -> CorrectiveAction:
    """
    Answers the cause's alert, where one waits.

    :raises CannotAct: there is no such cause, the owner may not own one, or it would be due before today.
    """
    if causes.find(cause_id) is None:
        raise CannotAct(N_("Choose a cause."))
    _check(owner_id, due_on, on)
    action = CorrectiveAction(
        cause_id=cause_id,
        product=scope.product,
        supplier=scope.supplier,
        site=scope.site,
        what=what.strip(),
        expected=expected.strip(),
        owner_id=owner_id,
        due_on=due_on,
        state=ActionState.PROPOSED,
        proposed_by=by.staff_id,
        proposed_at=now,
    )
    session.add(action)
    session.flush()
    alerts.answer(cause_id, action, by=by.actor, on=on)
    facts = {"cause": cause_id, "owner": owner_id, "due_on": due_on}
    _record("action.proposed", action, by=by.actor, now=now, facts=facts, words={"what": action.what})
    return action


def agree(action: CorrectiveAction, *, by: Principal, now: datetime) -> None:
    """
    :raises CannotAct: nobody agrees to their own proposal.
    :raises models.states.IllegalTransition: it was agreed to, or dropped.
    """
    lock(action)
    if action.proposed_by == by.staff_id:
        raise CannotAct(N_("Somebody else has to agree to what you proposed."))
    action.move_to(ActionState.AGREED)
    action.agreed_by, action.told_level = by.staff_id, 0
    _record("action.agreed", action, by=by.actor, now=now)


def begin(action: CorrectiveAction, *, by: Principal, now: datetime) -> None:
    """
    :raises CannotAct: it is somebody else's.
    :raises models.states.IllegalTransition: nobody has agreed to it, or it is at work already.
    """
    lock(action)
    _refuse_others(action, by)
    if action.state is not ActionState.AGREED:
        raise changed_meanwhile()
    action.move_to(ActionState.IN_WORK)
    _record("action.begun", action, by=by.actor, now=now)


def finish(action: CorrectiveAction, *, by: Principal, on: date, now: datetime) -> None:
    """It is in place; from this day on its cause is watched."""
    lock(action)
    _refuse_others(action, by)
    action.move_to(ActionState.DONE)
    _begin_watching(action, on)
    _record("action.done", action, by=by.actor, now=now, facts={"on": on})


def _begin_watching(action: CorrectiveAction, on: date) -> None:
    action.done_on, action.judged_days, action.judged_on, action.ended_on = on, 0, None, None
    action.before_cases = action.before_lines = action.after_cases = action.after_lines = 0
    action.reason, action.told_level = "", 0


def again(action: CorrectiveAction, reason: str, *, due_on: date, by: Actor, now: datetime) -> None:
    """Back to work: it failed, or was not in place after all, or the fault came back."""
    if not reason.strip():
        raise CannotAct(N_("Say why it is taken up again."))
    lock(action)
    if action.is_open:
        raise changed_meanwhile()
    action.move_to(ActionState.IN_WORK)
    action.reason, action.due_on, action.told_level, action.ended_on = reason.strip(), due_on, 0, None
    _record("action.again", action, by=by, now=now, words={"reason": action.reason})


def drop(action: CorrectiveAction, reason: str, *, by: Actor, on: date, now: datetime) -> None:
    """:raises CannotAct: without a reason."""
    if not reason.strip():
        raise CannotAct(N_("Say why nothing is done about it."))
    lock(action)
    action.move_to(ActionState.DROPPED)
    action.reason, action.ended_on = reason.strip(), on
    _record("action.dropped", action, by=by, now=now, words={"reason": action.reason})


def hand_over(action: CorrectiveAction, owner_id: int, due_on: date, *, by: Actor, on: date, now: datetime) -> None:
    """
    Another owner, or another day.

    :raises CannotAct: the owner may not own one, the day has passed, or it is done already.
    """
    lock(action)
    if not action.is_open:
        raise CannotAct(N_("This has changed in the meantime. Please look at it again."))
    _check(owner_id, due_on, on)
    facts = {"before": [action.owner_id, action.due_on], "after": [owner_id, due_on]}
    action.owner_id, action.due_on, action.told_level = owner_id, due_on, 0
    _record("action.handed", action, by=by, now=now, facts=facts)


def lock(action: CorrectiveAction) -> None:
    """Whoever moves it sees it as it is now."""
    session.refresh(action, with_for_update=True)


def may_own(member: Staff) -> bool:
    return member.state is StaffState.ACTIVE and may(member.role, Permission.WORK_ACTIONS)


def _check(owner_id: int, due_on: date, on: date) -> None:
    owner = find(owner_id)
    if owner is None or not may_own(owner):
        raise OwnerUnfit(N_("This person cannot own an action. Choose somebody else."))
    if due_on < on:
        raise TooEarly(N_("Choose a day that has not passed."))


def _refuse_others(action: CorrectiveAction, by: Principal) -> None:
    if action.owner_id != by.staff_id and not by.may(Permission.LEAD_COMPLAINTS):
        raise CannotAct(N_("Only its owner or a manager can say so."))


def _record(
    what: str,
    action: CorrectiveAction,
    *,
    by: Actor,
    now: datetime,
    facts: Mapping[str, object] | None = None,
    words: dict[str, str] | None = None,
) -> None:
    session.flush()
    about = action.source
    audit.record(
        HOLDING_ACCOUNT, what, by=by, now=now, about=about, facts={"state": action.state, **(facts or {})}, words=words
    )
