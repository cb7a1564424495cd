"""What happens to cases by themselves: owners, deadlines, goods that come back."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text

from models import approvals, audit, causes, company, disputes, holds, ledger, messages, staff
from models.approvals import Done, GoodsBack, Waiting
from models.audit import Actor
from models.company import HOLDING_ACCOUNT
from models.database import session
from models.disputes import (
    CannotDecide,
    CannotDispute,
    Dispute,
    DisputeState,
    GoodsReturn,
    Outcome,
    Reason,
    ReturnState,
)
from models.errors import Refused
from models.ledger import Entry
from models.policies.permissions import Role
from models.reports.verify import verify
from models.staff import Principal, StaffState
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.models.disputes.conftest import OpenCase
from tests.models.disputes.test_disputes import collectable, decide, eur

S = DisputeState


def told(*steps: str) -> list[str]:
    """Subjects of the mails to our own people, oldest first, of those that say one of these."""
    found = [one.subject for one in reversed(messages.outbox(HOLDING_ACCOUNT))]
    return [subject for subject in found if any(step in subject for step in steps)]


def watched(day: date, hour: int = 9) -> int:
    return disputes.watch(day, address="http://here", now=datetime.combine(day, NOW.timetz()).replace(hour=hour))


def offered(dispute: Dispute, minor: int, by: Principal, days: int = 10) -> GoodsReturn:
    until = TODAY + timedelta(days=days)
    with transaction():
        return disputes.offer(
            dispute, 1, "Ten tiles", "unbroken", eur(minor), until_on=until, by=by.actor, on=TODAY, now=NOW
        )


def back(goods: GoodsReturn, by: Principal) -> Done | Waiting:
    asked = GoodsBack(
        customer_id=goods.customer_id, return_id=goods.id, amount=goods.credit, reason="D", effective_on=TODAY
    )
    with transaction():
        return approvals.submit(asked, by=by, now=NOW)


def test_a_new_case_goes_to_the_first_who_fits_and_is_there(
    open_case: OpenCase, clerk: Principal, another_clerk: Principal, finance: Principal
) -> None:
    by = clerk.actor
    with transaction():
        disputes.add_rule(finance.staff_id, by=by, now=NOW, reason=Reason.PRICE)
        disputes.add_rule(finance.staff_id, by=by, now=NOW, product="glue")
        disputes.add_rule(finance.staff_id, by=by, now=NOW, least_minor=12_101)
        disputes.add_rule(finance.staff_id, by=by, now=NOW, language="lt")
        disputes.add_rule(clerk.staff_id, by=by, now=NOW, product="TILE")
        last = disputes.add_rule(another_clerk.staff_id, by=by, now=NOW)
        disputes.add_absence(clerk.staff_id, TODAY - timedelta(days=1), TODAY, by=by, now=NOW)
    dispute = open_case(6_000)
    assert disputes.owner_by_rule(dispute, TODAY) == another_clerk.staff_id
    assert disputes.owner_by_rule(dispute, TODAY + timedelta(days=1)) == clerk.staff_id
    assert disputes.owner_by_rule(dispute, TODAY + timedelta(days=1), not_id=clerk.staff_id) == another_clerk.staff_id
    with transaction():
        disputes.move_rule_up(last.id)
    assert disputes.owner_by_rule(dispute, TODAY + timedelta(days=1)) == another_clerk.staff_id
    for _ in range(2):  # The job may come twice.
        with transaction():
            disputes.assign(dispute.customer_id, dispute.id, address="http://here", now=NOW)
    assert dispute.owner_id == another_clerk.staff_id
    assert told("is yours") == [f"Case {dispute.number} is yours"]


def test_a_case_that_is_nobodys_is_told_to_the_managers_once(open_case: OpenCase) -> None:
    with transaction():
        staff.add(email="boss@example.test", role=Role.MANAGER, by=audit.COMMAND, now=NOW, state=StaffState.ACTIVE)
    dispute = open_case()
    for _ in range(2):
        with transaction():
            disputes.assign(dispute.customer_id, dispute.id, address="http://here", now=NOW)
    [mail] = messages.outbox(HOLDING_ACCOUNT)
    assert (mail.address, mail.subject) == ("boss@example.test", f"Case {dispute.number} is nobody’s yet")
    assert f"http://here/staff/disputes/{dispute.customer_id}/{dispute.id}" in mail.text
    assert dispute.owner_id is None


def test_an_appeal_goes_to_somebody_else_than_who_decided(
    open_case: OpenCase, by_contact: Actor, clerk: Principal, another_clerk: Principal, cause: int
) -> None:
    with transaction():
        for person in (clerk, another_clerk):
            disputes.add_rule(person.staff_id, by=clerk.actor, now=NOW)
    dispute = open_case()
    decide(dispute, clerk, cause)
    with transaction():
        disputes.disagree(dispute, "They were broken", by=by_contact, on=TODAY, now=NOW)
        disputes.assign(dispute.customer_id, dispute.id, address="http://here", now=NOW)
    assert dispute.owner_id == another_clerk.staff_id


def test_half_time_is_told_once_and_a_missed_answer_to_the_manager_too(open_case: OpenCase, clerk: Principal) -> None:
    with transaction():
        staff.add(email="boss@example.test", role=Role.MANAGER, by=audit.COMMAND, now=NOW, state=StaffState.ACTIVE)
    dispute = open_case()
    with transaction():
        disputes.take(dispute, clerk.staff_id, by=clerk.actor, now=NOW)
    assert watched(dispute.warn_on - timedelta(days=1)) == 0
    assert [watched(dispute.warn_on) for _ in range(2)] == [1, 0]
    assert told("half") == [f"Case {dispute.number}: half of the time is over"]
    assert watched(dispute.answer_on) == 0
    assert [watched(dispute.answer_on + timedelta(days=1)) for _ in range(2)] == [1, 0]
    late = [one.address for one in messages.outbox(HOLDING_ACCOUNT) if "late" in one.subject]
    assert sorted(late) == ["boss@example.test", "clerk@example.test"]


def test_a_case_waits_for_the_customer_no_longer_than_it_says(open_case: OpenCase, clerk: Principal) -> None:
    dispute = open_case()
    with transaction():
        disputes.ask_customer(dispute, "Have you a picture?", by=clerk.actor, on=TODAY, now=NOW)
    assert dispute.state is S.WAITING_CUSTOMER
    until = dispute.waits_until
    assert until == TODAY + timedelta(days=14)
    watched(until)
    assert dispute.state is S.WAITING_CUSTOMER
    watched(until + timedelta(days=1))
    assert (dispute.state, dispute.waits_until) == (S.LOOKING, None)


def test_goods_that_came_back_are_credited_once_and_the_rest_can_be_decided(
    open_case: OpenCase, item: Entry, clerk: Principal, cause: int
) -> None:
    dispute = open_case()
    goods = offered(dispute, 5_000, clerk, days=20)
    with pytest.raises(CannotDispute) as refused:
        offered(dispute, 7_101, clerk)
    assert refused.value.values["most"] == eur(7_100)
    with pytest.raises(CannotDecide):
        decide(dispute, clerk, cause, outcome=Outcome.UPHELD, credits={1: eur(12_100)})
    decide(dispute, clerk, cause)
    assert dispute.resume_on == TODAY + timedelta(days=21), "the goods are waited for"
    assert isinstance(back(goods, clerk), Done)
    assert ledger.entry_of(item.customer_id, item.id).left == eur(18_150 - 5_000)
    assert collectable(item) == 6_050, "what was not credited rests until they had time to disagree"
    assert verify(now=NOW).broken == []
    with pytest.raises(Refused):
        back(goods, clerk)
    with transaction():
        disputes.reopen(dispute, "New pictures", by=clerk.actor, on=TODAY, now=NOW)
    decide(dispute, clerk, cause, outcome=Outcome.UPHELD, credits={1: eur(7_100)})
    assert disputes.credited(dispute) == eur(12_100)
    assert collectable(item) == 6_050
    assert verify(now=NOW).broken == []


def test_goods_that_do_not_come_by_their_day_are_expected_no_more(
    open_case: OpenCase, item: Entry, clerk: Principal, cause: int
) -> None:
    dispute = open_case()
    decide(dispute, clerk, cause)
    goods = offered(dispute, 5_000, clerk, days=20)
    assert collectable(item, days=20) == 6_050, "until they are here nothing is asked for"
    watched(goods.until_on)
    assert goods.state is ReturnState.OFFERED
    watched(goods.until_on + timedelta(days=1))
    assert disputes.close_ended(goods.until_on + timedelta(days=1), now=NOW) == 1
    assert (goods.state, dispute.state) == (ReturnState.CANCELLED, S.CLOSED)
    assert holds.living([item.customer_id], TODAY) == []


def test_above_the_limit_a_second_person_agrees_to_the_credit_for_goods(
    open_case: OpenCase, item: Entry, clerk: Principal, finance: Principal
) -> None:
    with transaction():
        company.locked().limits = {"credit_note": "50"}
    goods = offered(open_case(), 5_001, clerk)
    waiting = back(goods, clerk)
    assert isinstance(waiting, Waiting)
    assert goods.state is ReturnState.OFFERED
    with transaction():
        approvals.decline(waiting.approval, by=finance, now=NOW, comment="Look again")
    again = back(goods, clerk)
    assert isinstance(again, Waiting)
    watched(TODAY + timedelta(days=11))
    assert goods.state is ReturnState.OFFERED, "what has arrived does not lapse while somebody is asked"
    with transaction():
        approvals.approve(again.approval, by=finance, now=NOW)
    assert goods.state is ReturnState.RECEIVED
    assert ledger.entry_of(item.customer_id, item.id).left == eur(18_150 - 5_001)
    assert verify(now=NOW).broken == []


@pytest.mark.parametrize(
    ("wrong", "table"),
    [
        ("update dispute_decisions set entry_id = null", "dispute_decisions"),
        ("update dispute_decision_lines set credited_minor = credited_minor + 1", "dispute_decisions"),
        ("update goods_returns set credit_minor = credit_minor + 1", "goods_returns"),
        ("update dispute_lines set claimed_minor = claimed_minor - 1", "disputes"),
        ("update dispute_decisions set state = 'dropped', entry_id = null, credited_minor = 0", "disputes"),
    ],
)
def test_verify_finds_a_case_and_its_credit_notes_apart(
    open_case: OpenCase, clerk: Principal, cause: int, wrong: str, table: str
) -> None:
    dispute = open_case()
    back(offered(dispute, 5_000, clerk), clerk)
    decide(dispute, clerk, cause, outcome=Outcome.IN_PART, credits={1: eur(2_000)})
    assert verify(now=NOW).broken == []
    with transaction():
        session.execute(text(wrong))
    assert ("I17", table) in {(row.invariant, row.table) for row in verify(now=NOW).broken}


def test_the_rules_ask_the_department_that_they_name(open_case: OpenCase, clerk: Principal, cause: int) -> None:
    warehouse = causes.find(cause).department_id
    with transaction():
        disputes.add_rule(clerk.staff_id, by=clerk.actor, now=NOW, reason=Reason.PRICE, department_id=warehouse)
        disputes.add_rule(clerk.staff_id, by=clerk.actor, now=NOW)
    dispute = open_case()
    assert disputes.department_by_rule(dispute) is None
    with transaction():
        disputes.add_rule(clerk.staff_id, by=clerk.actor, now=NOW, reason=Reason.DAMAGED, department_id=warehouse)
    assert disputes.department_by_rule(dispute) == warehouse
