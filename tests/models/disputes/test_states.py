"""Every operation on a case is tried wherever it may stand: it does what the table says, or is refused."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import text

from models import approvals, causes, company, disputes, ledger
from models.approvals import CaseDecision, GoodsBack
from models.audit import Actor
from models.customers import Contact, Customer
from models.database import session
from models.disputes import CreditWish, Dispute, DisputeState, Outcome, Verdict
from models.errors import Refused
from models.ledger import Entry
from models.reports.verify import verify
from models.staff import Principal
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.models.disputes.conftest import OpenCase
from tests.models.disputes.test_disputes import decide, eur

S = DisputeState
SECOND = "second"  # Looked at, and an answer waits for a second person.
WAITING = (S.WAITING_CUSTOMER, S.WAITING_DEPARTMENT)
UNDECIDED = (S.NEW, S.LOOKING, *WAITING)
LIVING = (*UNDECIDED, S.DECIDED)
EVERYWHERE = (*LIVING, S.CLOSED, S.WITHDRAWN)

Places = dict[str, DisputeState]


def stays(*places: str) -> Places:
    return {place: S.LOOKING if place is SECOND else S(place) for place in places}


def goes(target: DisputeState, *places: str) -> Places:
    return dict.fromkeys(places, target)


# Where each operation is allowed, and where the case stands afterwards; everywhere else it is refused.
TABLE: dict[str, Places] = {
    "take": {**stays(*LIVING, SECOND), S.NEW: S.LOOKING},
    "hand over": stays(*LIVING, SECOND),
    "look at": goes(S.LOOKING, S.NEW, *WAITING),
    "wait for the customer": goes(S.WAITING_CUSTOMER, S.LOOKING),
    "wait for a department": goes(S.WAITING_DEPARTMENT, S.LOOKING),
    "put to decided": {},
    "write to the customer": stays(*LIVING, SECOND),
    "the customer writes": {**stays(*LIVING, SECOND), S.WAITING_CUSTOMER: S.LOOKING},
    "note": stays(*EVERYWHERE, SECOND),
    "ask the customer": goes(S.WAITING_CUSTOMER, *UNDECIDED),
    "ask a department": goes(S.WAITING_DEPARTMENT, *UNDECIDED),
    "decide": goes(S.DECIDED, *UNDECIDED),
    "accept": stays(S.DECIDED),
    "disagree": goes(S.LOOKING, S.DECIDED),
    "withdraw": goes(S.WITHDRAWN, *UNDECIDED, SECOND),
    "open again": goes(S.LOOKING, S.DECIDED, S.CLOSED),
    "offer to take goods back": stays(*LIVING),
    "goods arrive": stays(*LIVING, S.CLOSED, SECOND),
    "expect goods no more": stays(*LIVING, S.CLOSED, SECOND),
    "keep the credit": stays(S.DECIDED, S.CLOSED),
}


@pytest.fixture
def contact(make: Maker, customer: Customer) -> Contact:
    """Without an address: mails take longer than all the rest."""
    return make.contact(customer, None)


@pytest.fixture
def cases(
    make: Maker, customer: Customer, item: Entry, open_case: OpenCase, by_contact: Actor, clerk: Principal, cause: int
) -> dict[str, Dispute]:
    """One in each state, about an item that is paid, each with goods on their way; an answer that was given credits."""
    with transaction():
        receipt = make.receipt(customer, 18_150)
        ledger.allocate(receipt, item, eur(18_150), now=NOW)
        company.locked().limits = {"credit_note": "50"}
    found: dict[str, Dispute] = {}
    by = {"by": clerk.actor, "on": TODAY, "now": NOW}
    for place in (S.CLOSED, S.DECIDED, SECOND, S.WITHDRAWN, *WAITING, S.LOOKING, S.NEW):
        case = found[place] = open_case(5_200 if place is SECOND else 900)
        with transaction():
            disputes.offer(case, 1, "Tiles", "", eur(100), until_on=TODAY + timedelta(days=9), **by)
            if place is not S.NEW:
                disputes.take(case, clerk.staff_id, by=clerk.actor, now=NOW)
            if place in WAITING:
                disputes.move(case, place, **by)
            if place is S.WITHDRAWN:
                disputes.withdraw(case, by=by_contact, on=TODAY, now=NOW)
        if place in (S.CLOSED, S.DECIDED, SECOND):
            credit = 5_100 if place is SECOND else 400
            decide(case, clerk, cause, outcome=Outcome.IN_PART, credits={1: eur(credit)})
        if place is S.CLOSED:
            assert disputes.close_ended(TODAY + timedelta(days=30), now=NOW) == 1
    assert {case.state for case in found.values()} == set(S)
    return found


def operations(
    by_contact: Actor, clerk: Principal, another: Principal, cause: int
) -> dict[str, Callable[[Dispute], object]]:
    staff = {"by": clerk.actor, "on": TODAY, "now": NOW}
    customer = {"by": by_contact, "on": TODAY, "now": NOW}
    warehouse = causes.department(causes.find(cause).department_id)
    verdict = Verdict(outcome=Outcome.IN_PART, text="Why", credits={1: eur(1)}, cause_id=cause)

    def decided(case: Dispute) -> None:
        decision = disputes.propose(case, verdict, by=another, on=TODAY, now=NOW)
        told = {"customer_id": case.customer_id, "decision_id": decision.id, "amount": decision.credited}
        approvals.submit(CaseDecision(**told, reason=case.number, effective_on=TODAY), by=another, now=NOW)

    def arrived(case: Dispute) -> None:
        goods = disputes.returns_of(case)[0]
        told = {"customer_id": case.customer_id, "return_id": goods.id, "amount": goods.credit}
        approvals.submit(GoodsBack(**told, reason=case.number, effective_on=TODAY), by=another, now=NOW)

    return {
        "take": lambda case: disputes.take(case, another.staff_id, by=another.actor, now=NOW),
        "hand over": lambda case: disputes.hand_to(case, another.staff_id, by=clerk.actor, now=NOW),
        "look at": lambda case: disputes.move(case, S.LOOKING, **staff),
        "wait for the customer": lambda case: disputes.move(case, S.WAITING_CUSTOMER, **staff),
        "wait for a department": lambda case: disputes.move(case, S.WAITING_DEPARTMENT, **staff),
        "put to decided": lambda case: disputes.move(case, S.DECIDED, **staff),
        "write to the customer": lambda case: disputes.write(case, "Hello", by=clerk.actor, now=NOW),
        "the customer writes": lambda case: disputes.write(case, "Hello", by=by_contact, now=NOW),
        "note": lambda case: disputes.note(case, "Seen", author="Vera", by=clerk.actor, now=NOW),
        "ask the customer": lambda case: disputes.ask_customer(case, "When?", **staff),
        "ask a department": lambda case: disputes.ask(case, warehouse, "How?", **staff),
        "decide": decided,
        "accept": lambda case: disputes.accept(case, **customer),
        "disagree": lambda case: disputes.disagree(case, "No", **customer),
        "withdraw": lambda case: approvals.withdraw_case(case, **customer),
        "open again": lambda case: disputes.reopen(case, "New pictures", **staff),
        "offer to take goods back": lambda case: disputes.offer(case, 1, "More", "", eur(1), until_on=TODAY, **staff),
        "goods arrive": arrived,
        "expect goods no more": lambda case: disputes.cancel(
            disputes.returns_of(case)[0], by=clerk.actor, now=NOW
        ),
        "keep the credit": lambda case: disputes.choose_credit(case, CreditWish.KEEP, **customer),
    }  # fmt: skip


def everything() -> str:
    """A print of all that a case could have changed."""
    tables = ("disputes", "holds", "dispute_messages", "dispute_notes", "dispute_questions", "dispute_decisions")
    tables += ("goods_returns", "approvals", "entries", "messages", "procrastinate_jobs", "audit_events")
    rows = " union all ".join(f"select {table}::text as one from {table}" for table in tables)
    return str(session.scalar(text(f"select md5(string_agg(one, '' order by one)) from ({rows}) r")))


def test_every_operation_is_tried_from_every_state(
    cases: dict[str, Dispute], by_contact: Actor, clerk: Principal, another_clerk: Principal, cause: int
) -> None:
    keys = {place: (case.customer_id, case.id) for place, case in cases.items()}
    before, went, said = everything(), {}, set()
    for name, operate in operations(by_contact, clerk, another_clerk, cause).items():
        went[name] = {}
        for place, key in keys.items():
            case = disputes.find(*key)
            try:
                operate(case)
                went[name][place] = disputes.find(*key).state
                assert everything() != before, f"{name} when {place} says that it was done"
            except Refused as refused:
                said.add(str(refused))
            session.rollback()
            assert everything() == before, f"{name} when {place} has not left everything as it was"
    assert went == TABLE
    assert all(one.endswith(".") for one in said), "refused in a sentence"
    assert verify(now=NOW).broken == []

    stood = {place: disputes.find(*key).state for place, key in keys.items()}
    assert disputes.close_ended(TODAY + timedelta(days=400), now=NOW) == 1
    assert {place: disputes.find(*key).state for place, key in keys.items()} == {**stood, S.DECIDED: S.CLOSED}
