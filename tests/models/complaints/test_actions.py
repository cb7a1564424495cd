"""An action is judged by what comes in after it; what comes back reopens it; nobody is reminded twice."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text

from models import complaints, holds
from models.complaints import ActionState, AlertBecause, AlertState, CannotAct, CorrectiveAction, ReasonMissing, Scope
from models.database import session
from models.holds import HoldKind
from models.messages import Message
from models.policies.permissions import Role
from models.policies.verifying import Told
from models.staff import Principal
from models.states import IllegalTransition
from models.transactions import transaction
from tests.complaining import Complainer, at, days_from, person
from tests.conftest import TODAY
from tests.making import Maker

PORTAL = "https://pay.example.test"
A = ActionState


@pytest.fixture
def manager(make: Maker) -> Principal:
    return person(Role.MANAGER)


@pytest.fixture
def other_manager(make: Maker) -> Principal:
    return person(Role.MANAGER, "other@example.test")


def proposed(cause_id: int, by: Principal, owner: Principal, *, on: date = TODAY, **scope: str) -> CorrectiveAction:
    with transaction():
        return complaints.propose(
            cause_id,
            scope=Scope(**scope),
            what="Foam in every box",
            expected="No more broken tiles",
            owner_id=owner.staff_id,
            due_on=on + timedelta(days=20),
            by=by,
            on=on,
            now=at(on),
        )


def at_work(cause_id: int, manager: Principal, owner: Principal, on: date = TODAY, **scope: str) -> CorrectiveAction:
    action = proposed(cause_id, owner, owner, on=on, **scope)
    with transaction():
        complaints.agree(action, by=manager, now=at(on))
        complaints.begin(action, by=owner, now=at(on))
    return action


def done(cause_id: int, manager: Principal, owner: Principal, on: date = TODAY, **scope: str) -> CorrectiveAction:
    action = at_work(cause_id, manager, owner, on, **scope)
    with transaction():
        complaints.finish(action, by=owner, on=on, now=at(on))
    return action


def review(on: date) -> None:
    complaints.review(PORTAL, now=at(on))


def mails(kind: str) -> list[Message]:
    return list(session.scalars(select(Message).where(Message.kind == kind).order_by(Message.id)))


# Where each step is allowed, and where the action stands afterwards; everywhere else it is refused.
STEPS: dict[str, dict[ActionState, ActionState]] = {
    "agree": {A.PROPOSED: A.AGREED},
    "begin": {A.AGREED: A.IN_WORK},
    "finish": {A.IN_WORK: A.DONE},
    "again": dict.fromkeys((A.DONE, A.VERIFIED, A.FAILED), A.IN_WORK),
    "drop": dict.fromkeys((A.PROPOSED, A.AGREED, A.IN_WORK, A.DONE, A.FAILED), A.DROPPED),
    "hand over": {state: state for state in (A.PROPOSED, A.AGREED, A.IN_WORK)},
    "tell": {A.VERIFIED: A.VERIFIED},
}


def test_every_step_is_tried_from_every_state(complainer: Complainer, manager: Principal) -> None:
    owner, today = complainer.clerk, {"on": TODAY, "now": at(TODAY)}
    due_on = TODAY + timedelta(days=1)
    steps = {
        "agree": lambda one: complaints.agree(one, by=manager, now=at(TODAY)),
        "begin": lambda one: complaints.begin(one, by=owner, now=at(TODAY)),
        "finish": lambda one: complaints.finish(one, by=owner, **today),
        "again": lambda one: complaints.again(one, "Not in place", due_on=due_on, by=manager.actor, now=at(TODAY)),
        "drop": lambda one: complaints.drop(one, "Too dear", by=manager.actor, **today),
        "hand over": lambda one: complaints.hand_over(one, manager.staff_id, due_on, by=manager.actor, **today),
        "tell": lambda one: complaints.tell(one, by=manager.actor, **today),
    }
    action_id = proposed(complainer.cause(), owner, owner).id
    went: dict[str, dict[ActionState, ActionState]] = {step: {} for step in steps}
    for state in ActionState:
        with transaction():
            action = complaints.find_action(action_id)
            action.state, action.done_on = state, TODAY
        before = everything()
        for step, take in steps.items():
            action = complaints.find_action(action_id)
            with suppress(CannotAct, IllegalTransition):
                take(action)
                went[step][state] = action.state
            assert (everything() != before) == (state in went[step]), f"{step} when {state}"
            session.rollback()
    assert went == STEPS


def everything() -> object:
    """What a step could have changed, and what is told of it."""
    query = "select a::text, (select count(*) from audit_events) from corrective_actions a"
    return session.execute(text(query)).one()


def test_five_cases_raise_one_alert_which_ends_with_an_action_or_a_reason(
    complainer: Complainer, manager: Principal
) -> None:
    cause = complainer.cause()
    complainer.bill(TODAY - timedelta(days=10), count=1_000)
    complainer.cases(days_from(TODAY - timedelta(days=9), 4), cause, held=100)
    review(TODAY)
    assert not complaints.waiting(), "four cases are none, and their money is little"
    complainer.case(TODAY - timedelta(days=1), cause, held=100)
    review(TODAY)
    review(TODAY)
    [alert] = complaints.waiting()
    assert (alert.because, alert.cases, alert.held_minor) == (AlertBecause.CASES, 5, 500)
    assert [mail.address for mail in mails("staff_alert")] == [manager.email]

    with pytest.raises(ReasonMissing), transaction():
        complaints.close(alert, " ", by=manager.actor, on=TODAY, now=at(TODAY))
    with transaction():
        complaints.close(alert, "One carrier, who is gone", by=manager.actor, on=TODAY, now=at(TODAY))
    review(TODAY)
    assert not complaints.waiting(), "what was there when it was closed does not raise it again"

    later = TODAY + timedelta(days=10)
    complainer.cases(days_from(TODAY + timedelta(days=1), 5), cause, held=100)
    review(later)
    [again] = complaints.waiting()
    action = proposed(cause, manager, complainer.clerk, on=later)
    assert (again.state, again.action_id) == (AlertState.ANSWERED, action.id)
    review(later + timedelta(days=1))
    assert not complaints.waiting(), "an action answers for its cases"


def test_one_per_cent_of_what_was_billed_raises_an_alert(complainer: Complainer) -> None:
    cause = complainer.cause()
    complainer.bill(TODAY - timedelta(days=10), count=100)  # 10,000.00
    complainer.case(TODAY - timedelta(days=2), cause, lines=[{"net_minor": 10_000}])
    review(TODAY)
    assert not complaints.waiting(), "100.00 of 10,100.00"
    complainer.case(TODAY - timedelta(days=1), cause, held=500)
    review(TODAY)
    [alert] = complaints.waiting()
    assert alert.because is AlertBecause.MONEY
    assert (alert.held.minor, alert.billed.minor) == (10_500, 1_010_500)


def test_an_action_that_worked_is_verified_and_reopens_when_the_fault_comes_back(
    complainer: Complainer, manager: Principal
) -> None:
    cause, owner = complainer.cause(), complainer.clerk
    complainer.bill(TODAY - timedelta(days=80), count=200, product="Tiles")
    complainer.cases(days_from(TODAY - timedelta(days=60), 12, 4), cause, lines=[{"product": "Tiles"}])
    complainer.cases(days_from(TODAY - timedelta(days=60), 3, 4), cause, lines=[{"product": "Glue"}])
    action = done(cause, manager, owner, product="Tiles")
    complainer.bill(TODAY + timedelta(days=5), count=200, product="Tiles")
    full = TODAY + timedelta(days=90)
    late = complainer.case(full - timedelta(days=10), lines=[{"product": "Tiles"}])

    review(full - timedelta(days=1))
    assert action.judged_on is None, "before the time is full nobody looks"
    review(full)
    assert action.judged_on is None, "a case without an answer may be of this cause"
    complainer.answer(late, complainer.cause("Old list", "Offers", "Sales"), full)
    review(full)
    assert action.state is ActionState.VERIFIED
    assert (action.before.cases, action.before.lines) == (12, 212), "glue is out of its scope"
    assert (action.after.cases, action.after.lines) == (0, 201)
    assert {mail.address for mail in mails("staff_action") if "it worked" in mail.subject} == {
        *(owner.email, manager.email)
    }

    complainer.bill(full + timedelta(days=5), count=200, product="Tiles")
    complainer.cases(days_from(full + timedelta(days=10), 3, 3), cause, lines=[{"product": "Glue"}])
    complainer.cases(days_from(full + timedelta(days=10), 2, 3), cause, lines=[{"product": "Tiles"}])
    review(full + timedelta(days=20))
    assert action.state is ActionState.VERIFIED
    complainer.case(full + timedelta(days=16), cause, lines=[{"product": "Tiles"}])
    review(full + timedelta(days=40))
    assert action.state is ActionState.IN_WORK
    assert action.reason == "3 cases within 7 days."
    assert any("a fault is back" in mail.subject for mail in mails("staff_action"))


def test_a_rate_that_has_risen_again_reopens_too(complainer: Complainer, manager: Principal) -> None:
    cause = complainer.cause()
    action = done(cause, manager, complainer.clerk, TODAY - timedelta(days=120))
    with transaction():
        action.judged_days, action.judged_on = 90, TODAY - timedelta(days=30)
        action.before_cases, action.before_lines, action.after_cases, action.after_lines = 30, 3_000, 2, 3_000
        action.move_to(ActionState.VERIFIED)
    complainer.bill(TODAY - timedelta(days=29), count=50)
    complainer.cases(days_from(TODAY - timedelta(days=28), 3, 9), cause)
    review(TODAY)
    assert action.state is ActionState.IN_WORK
    assert "than the action had reached" in action.reason


def test_too_few_cases_tell_nothing_and_are_looked_at_three_times_only(
    complainer: Complainer, manager: Principal
) -> None:
    cause = complainer.cause()
    complainer.cases(days_from(TODAY - timedelta(days=50), 5, 5), cause)
    action = done(cause, manager, complainer.clerk)
    for days in (90, 180, 360):
        review(TODAY + timedelta(days=days))
        assert (action.state, action.judged_days) == (ActionState.DONE, days)
        assert action.verdict
        assert action.verdict.told is Told.TOO_FEW
    assert complaints.next_look(action, complaints.rules()) is None


def test_what_made_no_difference_failed(complainer: Complainer, manager: Principal) -> None:
    cause = complainer.cause()
    complainer.cases(days_from(TODAY - timedelta(days=60), 6, 5), cause)
    action = done(cause, manager, complainer.clerk)
    complainer.cases(days_from(TODAY + timedelta(days=1), 14, 5), cause)
    complainer.bill(TODAY - timedelta(days=30), count=194)
    complainer.bill(TODAY + timedelta(days=30), count=36)
    review(TODAY + timedelta(days=90))
    assert action.state is ActionState.FAILED


def test_its_owner_is_reminded_and_what_is_overdue_goes_up_one_level_at_a_time(
    complainer: Complainer, manager: Principal
) -> None:
    cause = complainer.cause(email="warehouse@example.test")
    owner = complainer.clerk
    action = at_work(cause, manager, owner)
    told = []
    for days in (0, 1, 16, 17, 20, 21, 27, 28, 34, 35, 60):
        review(TODAY + timedelta(days=days))
        new = mails("staff_action")[len(told) :]
        told += [(days, mail.address, mail.subject.partition(": ")[2][:10]) for mail in new]
    assert told == [
        *((0, owner.email, "this is yo"), (17, owner.email, "due on 12 "), (21, owner.email, "overdue si")),
        *((28, "warehouse@example.test", "overdue si"), (35, manager.email, "overdue si")),
    ]
    assert f"{PORTAL}/staff/actions/{action.id}" in mails("staff_action")[0].text


def test_who_proposes_does_not_agree_and_only_the_owner_moves_it(
    complainer: Complainer, manager: Principal, other_manager: Principal
) -> None:
    cause, stranger = complainer.cause(), person(Role.COLLECTOR)
    action = proposed(cause, manager, complainer.clerk)
    with pytest.raises(CannotAct), transaction():
        complaints.agree(action, by=manager, now=at(TODAY))
    with pytest.raises(IllegalTransition), transaction():
        complaints.begin(action, by=complainer.clerk, now=at(TODAY))
    with transaction():
        complaints.agree(action, by=other_manager, now=at(TODAY))
    with pytest.raises(CannotAct), transaction():
        complaints.begin(action, by=stranger, now=at(TODAY))
    with pytest.raises(CannotAct), transaction():
        complaints.drop(action, "", by=manager.actor, on=TODAY, now=at(TODAY))


def test_the_digest_says_what_came_in_and_goes_once(complainer: Complainer, manager: Principal) -> None:
    cause = complainer.cause(email="warehouse@example.test")
    price = complainer.cause("Old list", "Offers", "Sales")
    complainer.case(TODAY - timedelta(days=3), cause, held=12_345)
    complainer.case(TODAY - timedelta(days=2), price, held=100)
    complainer.case(TODAY - timedelta(days=1), held=100)
    at_work(cause, manager, complainer.clerk, TODAY - timedelta(days=40))
    review(TODAY)
    review(TODAY + timedelta(days=6))
    digests = {mail.address: mail.text for mail in mails("staff_digest")}
    assert set(digests) == {"warehouse@example.test", manager.email}
    whole = next(mail.text for mail in mails("staff_digest") if "3 new cases" in mail.text)
    assert "Warehouse › Packing › Not padded: 1 case, €123.45" in whole
    assert "Sales › Offers › Old list: 1 case, €1.00" in whole
    assert "Foam in every box (2 Nov 2026)" in whole
    assert "Old list" not in digests["warehouse@example.test"], "each head hears of their own"
    before = len(mails("staff_digest"))
    complainer.case(TODAY, price, held=100)
    review(TODAY + timedelta(days=7))
    assert len(mails("staff_digest")) > before


def test_those_who_complained_hear_of_the_fix_once_unless_they_are_not_to_be_written_to(
    complainer: Complainer, manager: Principal, make: Maker
) -> None:
    loud = Complainer(make, "ap@example.test", clerk=complainer.clerk)
    silent = Complainer(make, "silent@example.test", "Silent UAB", complainer.clerk)
    cause = complainer.cause()
    loud.cases(days_from(TODAY - timedelta(days=20), 2), cause)
    silent.case(TODAY - timedelta(days=15), cause)
    action = done(cause, manager, complainer.clerk)
    with pytest.raises(IllegalTransition), transaction():
        complaints.tell(action, by=manager.actor, on=TODAY, now=at(TODAY))
    with transaction():
        action.judged_on = action.ended_on = TODAY
        action.move_to(ActionState.VERIFIED)
        holds.add(silent.customer.id, HoldKind.CEASE_CONTACT, source="tests:1", currency=None, on=TODAY, now=at(TODAY))
    for mailed in (1, 0):
        with transaction():
            assert complaints.tell(action, by=manager.actor, on=TODAY, now=at(TODAY)) == mailed
    [mail] = mails("fixed")
    assert mail.address == loud.contact.email
    assert "D-1, D-2" in mail.text
