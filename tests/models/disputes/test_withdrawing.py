"""A case that is taken back while its answer waits for a second person: one of the two is first, nothing is left."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

import pytest
from sqlalchemy import text

from models import approvals, company, disputes, holds, ledger
from models.approvals import ApprovalState, GoodsBack, Waiting
from models.audit import Actor
from models.customers import Contact, Customer
from models.database import session
from models.disputes import DecisionState, DisputeState, Outcome, ReturnState
from models.errors import Refused
from models.ledger import Entry
from models.reports.verify import verify
from models.staff import Principal
from models.transactions import release, transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.models.disputes.conftest import OpenCase
from tests.models.disputes.test_disputes import collectable, decide, eur

ROUNDS = 6
Key = tuple[int, int, int]


@pytest.fixture(autouse=True)
def _everything_needs_two(make: Maker) -> None:
    with transaction():
        company.locked().limits = {"credit_note": "1"}


@pytest.fixture
def contact(make: Maker, customer: Customer) -> Contact:
    return make.contact(customer, None)


def test_what_waits_for_a_second_person_ends_with_the_case(
    open_case: OpenCase, item: Entry, by_contact: Actor, clerk: Principal, finance: Principal, cause: int
) -> None:
    dispute = open_case()
    by = {"by": clerk.actor, "on": TODAY, "now": NOW}
    with transaction():
        goods = disputes.offer(dispute, 1, "Tiles", "", eur(2_000), until_on=TODAY, **by)
        asked = {"customer_id": item.customer_id, "return_id": goods.id, "amount": goods.credit}
        arrived = approvals.submit(GoodsBack(**asked, reason="D", effective_on=TODAY), by=clerk, now=NOW)
    answer = decide(dispute, clerk, cause, outcome=Outcome.IN_PART, credits={1: eur(5_000)})
    assert isinstance(arrived, Waiting)
    assert isinstance(answer, Waiting)
    with transaction():
        approvals.withdraw_case(dispute, by=by_contact, on=TODAY, now=NOW)
    assert approvals.waiting() == []
    for one in (arrived.approval, answer.approval):
        assert (one.state, one.decided_by) == (ApprovalState.WITHDRAWN, None)
        assert one.comment == "The customer took the case back."
        with pytest.raises(Refused, match="meantime"), transaction():
            approvals.approve(one, by=finance, now=NOW)
    [decision] = disputes.decisions_of(dispute)
    assert (dispute.state, decision.state, goods.state) == (
        *(DisputeState.WITHDRAWN, DecisionState.DROPPED, ReturnState.CANCELLED),
    )
    assert collectable(item) == 18_150
    assert verify(now=NOW).broken == []


def test_nobody_is_asked_about_goods_that_are_no_longer_expected(
    open_case: OpenCase, item: Entry, clerk: Principal, finance: Principal
) -> None:
    dispute, by = open_case(), {"by": clerk.actor, "on": TODAY, "now": NOW}
    waiting = []
    for minor in (2_000, 3_000):
        with transaction():
            goods = disputes.offer(dispute, 1, "Tiles", "", eur(minor), until_on=TODAY, **by)
            asked = {"customer_id": item.customer_id, "return_id": goods.id, "amount": goods.credit}
            waiting.append(approvals.submit(GoodsBack(**asked, reason="D", effective_on=TODAY), by=clerk, now=NOW))
    with transaction():
        disputes.cancel(disputes.returns_of(dispute)[0], by=clerk.actor, now=NOW)
    with transaction():
        assert session.scalar(text("select count(*) from procrastinate_jobs where task_name = 'approvals.review'")) == 1
        approvals.review(item.customer_id, now=NOW)
    [left] = approvals.waiting()
    with transaction():
        approvals.approve(left, by=finance, now=NOW)
    assert sorted(one.approval.state for one in waiting) == ["approved", "withdrawn"]


def race(keys: Sequence[Key], *acts: Callable[..., None]) -> list[tuple[Key, Callable[..., None]]]:
    """All at once for each of the keys; returns which was done for which."""
    together, done = threading.Barrier(len(acts), timeout=30), []

    def work(act: Callable[..., None]) -> None:
        for key in keys:
            together.wait()
            try:
                with suppress(Refused), transaction():  # The other one was first.
                    act(*key)
                    done.append((key, act))
            finally:
                release()

    threads = [threading.Thread(target=work, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def test_either_the_second_person_or_the_customer_is_first(
    open_case: OpenCase, item: Entry, by_contact: Actor, clerk: Principal, finance: Principal, cause: int
) -> None:
    keys = []
    for _ in range(ROUNDS):
        dispute = open_case(1_000)
        waits = decide(dispute, clerk, cause, outcome=Outcome.UPHELD, credits={1: eur(1_000)})
        assert isinstance(waits, Waiting)
        keys.append((dispute.customer_id, dispute.id, waits.approval.id))
    item_key = (item.customer_id, item.id)
    release()

    def approve(customer_id: int, _: int, approval_id: int) -> None:
        approvals.approve(approvals.of_customer(customer_id, approval_id), by=finance, now=NOW)

    def withdraw(customer_id: int, dispute_id: int, _: int) -> None:
        approvals.withdraw_case(disputes.find(customer_id, dispute_id), by=by_contact, on=TODAY, now=NOW)

    first = race(keys, approve, withdraw)
    assert [key for key, _ in sorted(first, key=lambda one: one[0])] == keys, "one of them is done, never both"
    for (customer_id, dispute_id, approval_id), act in first:
        state = disputes.find(customer_id, dispute_id).state
        ended = approvals.of_customer(customer_id, approval_id).state
        expected = (DisputeState.DECIDED, ApprovalState.APPROVED)
        assert (state, ended) == (expected if act is approve else (DisputeState.WITHDRAWN, ApprovalState.WITHDRAWN))
    approved = sum(act is approve for _, act in first)
    assert ledger.entry_of(*item_key).left == eur(18_150 - 1_000 * approved)
    assert holds.living([item_key[0]], TODAY) == []
    session.rollback()
    assert verify(now=NOW).broken == []
