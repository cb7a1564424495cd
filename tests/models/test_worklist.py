"""Tasks come once for each cause, belong to somebody, and end with a word; calls carry them on."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from models import audit, customers, jobs, staff, work, worklist
from models.customers import Customer
from models.policies.permissions import Role
from models.reports.waiting import for_staff
from models.staff import Principal, StaffState
from models.states import IllegalTransition
from models.transactions import transaction
from models.work import Tools
from models.worklist import CallOutcome, DayMissing, NobodyThere, Task, TaskKind, TaskState, Whose, WordMissing
from tests.conftest import NOW, TODAY
from tests.making import Maker


@pytest.fixture
def ona(engine: Engine) -> Principal:
    with transaction():
        member = staff.add(
            email="ona@company.test", role=Role.COLLECTOR, by=audit.COMMAND, now=NOW, state=StaffState.ACTIVE
        )
    return staff.principal(member)


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer()


def added(customer: Customer, kind: TaskKind = TaskKind.CALL, about: str = "tests:1") -> Task:
    with transaction():
        worklist.add(customer.id, kind, about=about, now=NOW)
    return next(worklist.find(row.customer_id, row.id) for row in worklist.of_customers([customer.id]))


def run_jobs(*names: str) -> None:
    """Run what is queued under these names, as the worker would."""
    for job in jobs.waiting_and_failed():
        if job.name in names:
            work.HANDLERS[job.name](Tools(None, None, None), **job.arguments)


def test_a_cause_makes_one_task_even_after_it_was_done(customer: Customer, ona: Principal) -> None:
    task = added(customer)
    with transaction():
        worklist.finish(task, "Looked at it", by=ona, now=NOW)
        assert worklist.add(customer.id, TaskKind.CALL, about="tests:1", now=NOW) is None
    assert [row.state for row in worklist.of_customers([customer.id])] == [TaskState.DONE]


def test_nobody_finishes_without_a_word_or_twice(customer: Customer, ona: Principal) -> None:
    task = added(customer)
    with pytest.raises(WordMissing), transaction():
        worklist.finish(task, "  ", by=ona, now=NOW)
    with transaction():
        worklist.finish(task, "Found the money", by=ona, now=NOW)
    with pytest.raises(IllegalTransition), transaction():
        worklist.finish(task, "Again", by=ona, now=NOW)
    [row] = worklist.of_customers([customer.id])
    assert (row.note, row.ended_by) == ("Found the money", ona.name)


def test_a_task_is_given_to_who_works_here(customer: Customer, ona: Principal) -> None:
    task = added(customer)
    with pytest.raises(NobodyThere), transaction():
        worklist.hand_to(task, 987_654, by=ona, now=NOW)
    with transaction():
        worklist.hand_to(task, ona.staff_id, by=ona, now=NOW)
    assert worklist.listed(Whose.MINE, ona.staff_id)[1] == 1
    assert worklist.listed(Whose.NOBODYS, ona.staff_id)[1] == 0
    assert worklist.listed(Whose.ALL, 0, kind=TaskKind.HAND_OVER)[1] == 0


def test_what_is_due_for_me_or_for_nobody_is_counted(customer: Customer, ona: Principal) -> None:
    task = added(customer)
    assert for_staff(ona.staff_id, task.due_on - timedelta(days=1)).tasks == 0
    assert for_staff(ona.staff_id, task.due_on).tasks == 1
    with transaction():
        worklist.hand_to(task, ona.staff_id, by=ona, now=NOW)
    assert for_staff(ona.staff_id + 1, task.due_on).tasks == 0


def test_nobody_answered_and_the_task_waits_for_another_day(customer: Customer, ona: Principal) -> None:
    task = added(customer)
    for day in (None, TODAY, TODAY + timedelta(days=31)):
        with pytest.raises(DayMissing), transaction():
            worklist.record(customer.id, CallOutcome.NO_ANSWER, by=ona, now=NOW, task=task, again_on=day)
    again_on = TODAY + timedelta(days=2)
    with transaction():
        worklist.record(customer.id, CallOutcome.NO_ANSWER, by=ona, now=NOW, task=task, again_on=again_on)
    assert (task.state, task.due_on) == (TaskState.OPEN, again_on)


def test_a_conversation_ends_the_task_with_its_words(customer: Customer, ona: Principal) -> None:
    task = added(customer)
    with pytest.raises(WordMissing), transaction():
        worklist.record(customer.id, CallOutcome.SPOKE, by=ona, now=NOW, task=task)
    with transaction():
        worklist.record(customer.id, CallOutcome.SPOKE, by=ona, now=NOW, task=task, note="Pays on Friday")
    assert (task.state, task.note) == (TaskState.DONE, "Pays on Friday")
    [call] = worklist.calls_of(customer.id)
    assert (call.outcome, call.task_id, call.called_at) == (CallOutcome.SPOKE, task.id, NOW)


@pytest.mark.parametrize(
    ("outcome", "follows"),
    [
        (CallOutcome.SOMETHING_WRONG, TaskKind.SOMETHING_WRONG),
        (CallOutcome.WRONG_NUMBER, TaskKind.WRONG_NUMBER),
    ],
)
def test_what_a_call_brings_up_becomes_a_task(
    customer: Customer, ona: Principal, outcome: CallOutcome, follows: TaskKind
) -> None:
    with transaction():
        worklist.record(customer.id, outcome, by=ona, now=NOW, note="Two boxes were broken")
    [row] = worklist.of_customers([customer.id])
    assert (row.kind, row.facts) == (follows, {"note": "Two boxes were broken"})


def test_a_missing_address_is_a_task_until_there_is_one(make: Maker, customer: Customer) -> None:
    make.receipt(customer, 5_000)
    for _ in range(2):
        with transaction():
            worklist.review_address(customer.id, now=NOW)
    assert [row.kind for row in worklist.of_customers([customer.id])] == [TaskKind.MISSING_ADDRESS]
    make.contact(customer, None, name="Without a mail address")
    run_jobs("worklist.review_address")
    assert [row.state for row in worklist.of_customers([customer.id])] == [TaskState.OPEN]
    contact = customers.contacts_of(customer.id)[0]
    with transaction():
        customers.change_contact(contact, email="ap@example.test", by=audit.COMMAND, now=NOW)
    run_jobs("worklist.review_address")
    assert [row.state for row in worklist.of_customers([customer.id])] == [TaskState.DROPPED]


def test_rooms_below_ask_for_a_task_by_a_job(customer: Customer) -> None:
    asked = {"customer_id": customer.id, "kind": "check_payment", "about": "claims:1", "due_on": "2026-12-01"}
    with transaction():
        jobs.later("worklist.add", **asked)
    run_jobs("worklist.add")
    run_jobs("worklist.add")
    [row] = worklist.of_customers([customer.id])
    assert (row.kind, row.due_on.isoformat()) == (TaskKind.CHECK_PAYMENT, "2026-12-01")
