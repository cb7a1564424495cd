"""A case holds what it claims, is decided once, and its credit note is what was decided."""

from datetime import timedelta

import pytest

from models import approvals, company, disputes, holds, ledger, payments
from models.approvals import CaseDecision, Done, Waiting
from models.audit import Actor
from models.disputes import CannotDecide, CannotDispute, Decision, Dispute, DisputeState, Outcome, Remedy, Verdict
from models.errors import Refused
from models.ledger import Entry
from models.money import Money
from models.reports.verify import verify
from models.staff import Principal
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.models.disputes.conftest import OpenCase


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def collectable(item: Entry, days: int = 0) -> int:
    return payments.payable_items(item.customer_id, TODAY + timedelta(days=days), among=[item.id])[0].collectable.minor


def decide(dispute: Dispute, by: Principal, cause: int, **told: object) -> Done | Waiting:
    verdict = Verdict(**{"outcome": Outcome.REFUSED, "text": "Here is why.", "cause_id": cause, **told})
    with transaction():
        decision = disputes.propose(dispute, verdict, by=by, on=TODAY, now=NOW)
        return approvals.submit(of(dispute, decision), by=by, now=NOW)


def of(dispute: Dispute, decision: Decision) -> CaseDecision:
    return CaseDecision(
        customer_id=dispute.customer_id,
        decision_id=decision.id,
        amount=decision.credited,
        reason=dispute.number,
        effective_on=TODAY,
    )


def test_what_is_disputed_is_not_asked_for_and_the_rest_is(open_case: OpenCase, item: Entry) -> None:
    dispute = open_case(6_050)
    assert collectable(item) == 18_150 - 6_050
    assert dispute.answer_on == TODAY + timedelta(days=12)  # Ten working days; the eleventh and twelfth are a weekend.


def test_cases_on_one_line_never_claim_more_than_the_line(open_case: OpenCase) -> None:
    open_case(12_000)
    with pytest.raises(CannotDispute) as refused:
        open_case(101)
    assert refused.value.values["most"] == eur(100)
    open_case(100)
    with pytest.raises(CannotDispute, match="another case"):
        open_case(1)


def test_what_was_withdrawn_is_asked_for_and_may_be_disputed_again(
    open_case: OpenCase, item: Entry, by_contact: Actor
) -> None:
    dispute = open_case()
    with transaction():
        disputes.withdraw(dispute, by=by_contact, on=TODAY, now=NOW)
    assert collectable(item) == 18_150
    open_case()


def test_upheld_in_part_credits_the_lines_with_their_tax_and_holds_the_rest(
    open_case: OpenCase, item: Entry, clerk: Principal, cause: int
) -> None:
    dispute = open_case()
    done = decide(dispute, clerk, cause, outcome=Outcome.IN_PART, credits={1: eur(6_051)})
    assert isinstance(done, Done)
    assert done.entry is not None
    assert done.entry.amount == eur(6_051)
    assert dispute.state is DisputeState.DECIDED
    assert ledger.entry_of(item.customer_id, item.id).left == eur(18_150 - 6_051)
    assert collectable(item) == 6_050, "the other line; what was not credited rests until they had time to disagree"
    assert collectable(item, days=15) == 18_150 - 6_051


def test_who_is_refused_can_disagree_once_and_somebody_else_decides(
    open_case: OpenCase, item: Entry, by_contact: Actor, clerk: Principal, another_clerk: Principal, cause: int
) -> None:
    dispute = open_case()
    decide(dispute, clerk, cause)
    with transaction():
        disputes.disagree(dispute, "They were broken when they came", by=by_contact, on=TODAY, now=NOW)
    assert collectable(item, days=400) == 6_050
    with pytest.raises(CannotDecide, match="somebody else"):
        decide(dispute, clerk, cause)
    decide(dispute, another_clerk, cause, outcome=Outcome.UPHELD, credits={1: eur(12_100)})
    with pytest.raises(CannotDispute, match="final"), transaction():
        disputes.disagree(dispute, "Still not", by=by_contact, on=TODAY, now=NOW)
    assert holds.living([item.customer_id], TODAY) == []


def test_above_the_limit_nothing_happens_before_a_second_person_agrees(
    open_case: OpenCase, item: Entry, clerk: Principal, finance: Principal, cause: int
) -> None:
    with transaction():
        company.locked().limits = {"credit_note": "50"}
    dispute = open_case()
    waiting = decide(dispute, clerk, cause, outcome=Outcome.UPHELD, credits={1: eur(12_100)})
    assert isinstance(waiting, Waiting)
    assert dispute.state is DisputeState.LOOKING
    assert ledger.entry_of(item.customer_id, item.id).left == eur(18_150)
    with pytest.raises(Refused, match="role"), transaction():
        approvals.approve(waiting.approval, by=clerk, now=NOW)
    with transaction():
        approvals.approve(waiting.approval, by=finance, now=NOW)
    assert dispute.state is DisputeState.DECIDED
    assert ledger.entry_of(item.customer_id, item.id).left == eur(6_050)


def test_a_decision_that_was_declined_can_be_made_again(
    open_case: OpenCase, clerk: Principal, finance: Principal, cause: int
) -> None:
    with transaction():
        company.locked().limits = {"credit_note": "50"}
    dispute = open_case()
    waiting = decide(dispute, clerk, cause, outcome=Outcome.UPHELD, credits={1: eur(12_100)})
    assert isinstance(waiting, Waiting)
    with pytest.raises(CannotDecide, match="waits"):
        decide(dispute, clerk, cause)
    with transaction():
        approvals.decline(waiting.approval, by=finance, now=NOW, comment="Too much")
    assert isinstance(decide(dispute, clerk, cause, outcome=Outcome.IN_PART, credits={1: eur(5_000)}), Done)


@pytest.mark.parametrize(
    "told",
    [
        {"outcome": Outcome.REFUSED, "credits": {1: eur(1)}},
        {"outcome": Outcome.UPHELD, "credits": {1: eur(12_099)}},
        {"outcome": Outcome.IN_PART},
        {"outcome": Outcome.IN_PART, "credits": {1: eur(12_101)}},
        {"outcome": Outcome.UPHELD, "remedy": Remedy.REPLACEMENT},
        {"text": "  "},
        {"other_cause": "Something else as well"},
        {"cause_id": None},
    ],
)
def test_an_outcome_fits_what_it_gives_and_names_one_cause(
    open_case: OpenCase, clerk: Principal, cause: int, told: dict[str, object]
) -> None:
    with pytest.raises(CannotDecide):
        decide(open_case(), clerk, cause, **told)


def test_a_decided_case_is_closed_when_the_time_to_disagree_is_over(
    open_case: OpenCase, item: Entry, clerk: Principal, cause: int
) -> None:
    dispute = open_case()
    decide(dispute, clerk, cause)
    assert disputes.close_ended(TODAY + timedelta(days=14), now=NOW) == 0
    assert disputes.close_ended(TODAY + timedelta(days=15), now=NOW) == 1
    assert dispute.state is DisputeState.CLOSED
    assert collectable(item) == 18_150


def test_verify_finds_a_case_whose_hold_is_missing(open_case: OpenCase, clerk: Principal, cause: int) -> None:
    decided = open_case(12_000)
    decide(decided, clerk, cause, outcome=Outcome.IN_PART, credits={1: eur(2_000)})
    kept = open_case(100)
    assert verify(now=NOW).broken == []
    with transaction():
        holds.end(kept.customer_id, kept.source, on=TODAY, now=NOW)
    assert [(row.invariant, row.table) for row in verify(now=NOW).broken] == [("I15", "disputes")]
