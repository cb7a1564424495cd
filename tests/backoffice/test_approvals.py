import itertools
import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from models import approvals, company, invoices, ledger, staff
from models.approvals import Approval, ApprovalState, CreditLine, CreditNote, Done, NotYours, Refund, Waiting, WriteOff
from models.customers import Customer
from models.database import session
from models.errors import Refused
from models.ledger import Entry
from models.money import Money
from models.policies import limits
from models.policies.permissions import Role
from models.staff import Principal
from models.states import IllegalTransition
from models.transactions import release, transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker

AsRole = Callable[[Role], FlaskClient]


@pytest.fixture
def finance(people: dict[Role, int]) -> Principal:
    return staff.principal(staff.find(people[Role.FINANCE]))


@pytest.fixture
def manager(people: dict[Role, int]) -> Principal:
    return staff.principal(staff.find(people[Role.MANAGER]))


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer()


def refund(receipt: Entry, minor: int, **more: object) -> Refund:
    return Refund(
        customer_id=receipt.customer_id,
        entry_id=receipt.id,
        amount=Money(minor, receipt.currency),
        reason="Paid twice",
        effective_on=TODAY,
        **more,
    )


def write_off(debit: Entry, minor: int) -> WriteOff:
    return WriteOff(
        customer_id=debit.customer_id,
        entry_id=debit.id,
        amount=Money(minor, debit.currency),
        reason="Not worth a letter",
        effective_on=TODAY,
    )


def credit_note(debit: Entry, minor: int, number: str = "CN-1", **more: object) -> CreditNote:
    return CreditNote(
        customer_id=debit.customer_id,
        number=number,
        amount=Money(minor, debit.currency),
        reason="Wrong price",
        issued_on=TODAY,
        invoice_id=debit.invoice_id,
        **more,
    )


def submit(decision: approvals.Decision, by: Principal) -> Done | Waiting:
    with transaction():
        return approvals.submit(decision, by=by, now=NOW)


def wait(decision: approvals.Decision, by: Principal) -> Approval:
    outcome = submit(decision, by)
    assert isinstance(outcome, Waiting)
    return outcome.approval


def approve(approval: Approval, by: Principal) -> Entry:
    with transaction():
        return approvals.approve(approval, by=by, now=NOW)


def left(entry: Entry) -> int:
    return ledger.entry_of(entry.customer_id, entry.id).left.minor


def actions(customer: Customer) -> list[str]:
    query = text("select action from audit_events where customer_id = :id order by seq")
    return list(session.scalars(query, {"id": customer.id}))


def test_up_to_the_limit_one_person_decides(make: Maker, customer: Customer, finance: Principal) -> None:
    receipt, debit = make.receipt(customer, 60_000), make.invoice(customer, 90_000)
    assert isinstance(submit(refund(receipt, 50_000), finance), Done)
    assert isinstance(submit(write_off(debit, 10_000), finance), Done)
    assert isinstance(submit(credit_note(debit, 50_000), finance), Done)
    assert (left(receipt), left(debit)) == (10_000, 30_000)


@pytest.mark.parametrize("kind", ["refund", "write_off", "credit_note"])
def test_a_cent_above_the_limit_a_second_person_decides(
    make: Maker, customer: Customer, finance: Principal, manager: Principal, kind: str
) -> None:
    receipt, debit = make.receipt(customer, 60_000), make.invoice(customer, 60_000)
    decision, entry = {
        "refund": (refund(receipt, 50_001), receipt),
        "write_off": (write_off(debit, 10_001), debit),
        "credit_note": (credit_note(debit, 50_001), debit),
    }[kind]
    approval = wait(decision, finance)
    assert left(entry) == 60_000
    approve(approval, manager)
    assert left(entry) == 60_000 - decision.amount.minor
    assert actions(customer)[-3:] == ["approval.asked", "approval.approved", f"{kind}.booked"]


def test_many_small_decisions_count_as_one_large_one(
    make: Maker, customer: Customer, finance: Principal, manager: Principal
) -> None:
    receipt, debit = make.receipt(customer, 90_000), make.invoice(customer, 90_000)
    assert isinstance(submit(refund(receipt, 30_000), finance), Done)
    assert isinstance(submit(refund(receipt, 20_000), manager), Done)
    assert wait(refund(receipt, 1), finance).because == limits.Because.ADDED_UP
    assert isinstance(submit(credit_note(debit, 30_000), finance), Done), "another kind is counted apart"
    assert wait(credit_note(debit, 30_000, "CN-2"), finance).because == limits.Because.ADDED_UP
    other = make.customer()
    assert isinstance(submit(refund(make.receipt(other, 100), 100), finance), Done), "and another customer"
    later = NOW + limits.ADDED_UP_FOR + timedelta(seconds=1)
    with transaction():
        assert isinstance(approvals.submit(refund(receipt, 1), by=finance, now=later), Done)


def test_what_a_second_person_approved_is_not_counted_against_small_ones(
    make: Maker, customer: Customer, finance: Principal, manager: Principal
) -> None:
    receipt = make.receipt(customer, 90_000)
    approve(wait(refund(receipt, 60_000), finance), manager)
    assert isinstance(submit(refund(receipt, 100), finance), Done)


def test_the_limits_are_the_companys(make: Maker, customer: Customer, finance: Principal) -> None:
    with transaction():
        company.get().limits = {"refund": "10"}
    assert isinstance(submit(refund(make.receipt(customer, 60_000), 1_001), finance), Waiting)


def test_another_currency_always_needs_a_second_person(make: Maker, customer: Customer, finance: Principal) -> None:
    receipt = make.receipt(customer, 100, currency="USD")
    assert wait(refund(receipt, 1), finance).because == limits.Because.OTHER_CURRENCY


def test_nobody_approves_their_own(make: Maker, customer: Customer, manager: Principal) -> None:
    receipt = make.receipt(customer, 60_000)
    approval = wait(refund(receipt, 60_000), manager)
    with pytest.raises(NotYours):
        approve(approval, manager)
    assert left(receipt) == 60_000


def test_only_who_may_do_it_may_ask_for_it_or_decide_it(
    make: Maker, customer: Customer, finance: Principal, people: dict[Role, int]
) -> None:
    receipt = make.receipt(customer, 60_000)
    small = refund(receipt, 100)
    approval = wait(refund(receipt, 60_000), finance)
    for role in (Role.COLLECTOR, Role.CLERK, Role.COUNSEL, Role.ADMIN):
        somebody = staff.principal(staff.find(people[role]))
        with pytest.raises(NotYours):
            submit(small, somebody)
        with pytest.raises(NotYours):
            approve(approval, somebody)
        with pytest.raises(NotYours), transaction():
            approvals.decline(approval, by=somebody, comment="no", now=NOW)


def test_what_cannot_be_done_is_refused_before_anybody_is_asked(
    make: Maker, customer: Customer, finance: Principal
) -> None:
    with pytest.raises(Refused):
        submit(refund(make.receipt(customer, 60_000), 60_001), finance)
    with pytest.raises(Refused):
        submit(credit_note(make.invoice(customer, 60_000), 60_001), finance)
    assert approvals.waiting() == []


def test_a_reason_is_needed(make: Maker, customer: Customer, finance: Principal) -> None:
    bare = Refund(
        customer_id=customer.id,
        entry_id=make.receipt(customer, 100).id,
        amount=Money(100, "EUR"),
        reason=" ",
        effective_on=TODAY,
    )
    with pytest.raises(approvals.ReasonMissing):
        submit(bare, finance)


def test_approving_looks_again_at_what_is_left(
    make: Maker, customer: Customer, finance: Principal, manager: Principal
) -> None:
    receipt = make.receipt(customer, 60_000)
    approval = wait(refund(receipt, 60_000), finance)
    with transaction():
        ledger.allocate(receipt, make.invoice(customer, 10_000), Money(10_000, "EUR"), now=NOW)
    with pytest.raises(ledger.AllocationRefused):
        approve(approval, manager)
    session.expire_all()
    assert approval.state == ApprovalState.WAITING
    assert left(receipt) == 50_000


def test_money_moves_on_the_day_of_the_approval(
    make: Maker, customer: Customer, finance: Principal, manager: Principal
) -> None:
    approval = wait(refund(make.receipt(customer, 60_000, on=TODAY - timedelta(days=9)), 60_000), finance)
    with transaction():
        entry = approvals.approve(approval, by=manager, now=NOW + timedelta(days=5))
    assert entry.effective_on == TODAY + timedelta(days=5)


def test_whoever_declines_says_why(make: Maker, customer: Customer, finance: Principal, manager: Principal) -> None:
    approval = wait(refund(make.receipt(customer, 60_000), 60_000), finance)
    with pytest.raises(approvals.ReasonMissing), transaction():
        approvals.decline(approval, by=manager, comment="  ", now=NOW)
    with transaction():
        approvals.decline(approval, by=manager, comment="Ask for the account number", now=NOW)
    assert (approval.state, approval.comment) == (ApprovalState.DECLINED, "Ask for the account number")


def test_only_who_asked_withdraws(make: Maker, customer: Customer, finance: Principal, manager: Principal) -> None:
    approval = wait(refund(make.receipt(customer, 60_000), 60_000), finance)
    with pytest.raises(NotYours), transaction():
        approvals.withdraw(approval, by=manager, now=NOW)
    with transaction():
        approvals.withdraw(approval, by=finance, now=NOW)
    assert approval.state == ApprovalState.WITHDRAWN


def test_what_is_decided_stays_decided(make: Maker, customer: Customer, finance: Principal, manager: Principal) -> None:
    receipt = make.receipt(customer, 600_000)
    steps: dict[str, Callable[[Approval], object]] = {
        "approve": lambda approval: approvals.approve(approval, by=manager, now=NOW),
        "decline": lambda approval: approvals.decline(approval, by=manager, comment="no", now=NOW),
        "withdraw": lambda approval: approvals.withdraw(approval, by=finance, now=NOW),
    }
    for first, second in itertools.product(steps, steps):
        approval = wait(refund(ledger.entry_of(customer.id, receipt.id), 60_000), finance)
        with transaction():
            steps[first](approval)
        with pytest.raises(IllegalTransition), transaction():
            steps[second](approval)


def test_two_who_approve_at_once_move_the_money_once(
    engine: Engine, make: Maker, customer: Customer, finance: Principal, people: dict[Role, int]
) -> None:
    receipt = make.receipt(customer, 120_000)
    approval_id = wait(refund(receipt, 60_000), finance).id
    together, outcomes = threading.Barrier(2), []
    deciding = staff.principal(staff.find(people[Role.MANAGER]))

    def decide() -> None:
        found = approvals.of_customer(customer.id, approval_id)
        together.wait()
        try:
            approve(found, deciding)
            outcomes.append("approved")
        except IllegalTransition:
            outcomes.append("refused")
        finally:
            release()

    threads = [threading.Thread(target=decide) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["approved", "refused"]
    assert left(receipt) == 60_000


def test_a_form_sent_twice_is_carried_out_once(make: Maker, customer: Customer, finance: Principal) -> None:
    receipt, debit = make.receipt(customer, 150_000), make.invoice(customer, 50_000)
    small, large = refund(receipt, 20_000, key="form-1"), refund(receipt, 60_000, key="form-2")
    note = credit_note(debit, 10_000)
    first, again = submit(small, finance), submit(small, finance)
    assert first.entry.id == again.entry.id
    assert wait(large, finance).id == wait(large, finance).id
    assert submit(note, finance).entry.id == submit(note, finance).entry.id
    assert (left(receipt), left(debit)) == (130_000, 40_000)
    assert actions(customer).count("refund.booked") == 1


def test_another_credit_note_of_the_same_number_is_refused(make: Maker, customer: Customer, finance: Principal) -> None:
    debit = make.invoice(customer, 50_000)
    submit(credit_note(debit, 10_000), finance)
    with pytest.raises(invoices.DuplicateInvoice):
        submit(credit_note(debit, 11_000), finance)


def test_a_credit_note_clears_its_invoice_as_far_as_that_is_open(
    make: Maker, customer: Customer, finance: Principal
) -> None:
    debit, other = make.invoice(customer, 30_000), make.invoice(customer, 40_000)
    with transaction():
        ledger.allocate(make.receipt(customer, 25_000), debit, Money(25_000, "EUR"), now=NOW)
    entry = submit(credit_note(debit, 20_000), finance).entry
    assert (left(debit), left(other), left(entry)) == (0, 40_000, 15_000)


def test_a_credit_note_is_a_document_with_lines(
    make: Maker, customer: Customer, finance: Principal, manager: Principal
) -> None:
    line = CreditLine(
        description="Bowls", quantity=Decimal("2.5"), net_minor=50_000, tax_rate=Decimal(21), tax_minor=10_500
    )
    approval = wait(credit_note(make.invoice(customer, 90_000), 60_500, lines=(line,)), finance)
    entry = approve(approval, manager)
    document = invoices.of_customer(customer.id, "cn-1")
    assert document.amount == Money(-60_500, "EUR")
    assert entry.invoice_id == document.id
    [booked] = invoices.lines_of(document)
    assert (booked.quantity, booked.net_minor, booked.tax_minor) == (Decimal("2.5"), -50_000, -10_500)


def test_a_credit_note_names_only_an_invoice_of_its_customer(
    make: Maker, customer: Customer, finance: Principal
) -> None:
    foreign = make.invoice(make.customer("Another"), 50_000)
    note = CreditNote(
        customer_id=customer.id,
        number="CN-9",
        amount=Money(100, "EUR"),
        reason="Wrong",
        issued_on=TODAY,
        invoice_id=foreign.invoice_id,
    )
    with pytest.raises(approvals.CreditRefused):
        submit(note, finance)


def test_every_limit_has_a_reason_to_show() -> None:
    """What the answer to a case gives, it gives as a credit note; of plans their rules say it."""
    others = {"case", "return", "plan"}
    assert set(limits.DEFAULTS) == set(limits.REASONS) == {kind.value for kind in approvals.Kind} - others


def test_the_page_shows_what_who_why_and_how_much(
    make: Maker, customer: Customer, finance: Principal, as_role: AsRole
) -> None:
    wait(refund(make.receipt(customer, 60_000), 60_000), finance)
    page = as_role(Role.MANAGER).get("/staff/approvals").text
    for shown in ("Refund", "€600.00", "Žalias Namas UAB", "Paid twice", "The finance", "Above €500.00"):
        assert shown in page


def test_with_nothing_to_decide_the_page_says_so(as_role: AsRole) -> None:
    assert "Nothing waits for a decision" in as_role(Role.FINANCE).get("/staff/approvals").text


def test_a_manager_approves_with_one_click(
    make: Maker, customer: Customer, finance: Principal, as_role: AsRole
) -> None:
    receipt = make.receipt(customer, 60_000)
    approval = wait(refund(receipt, 60_000), finance)
    client = as_role(Role.MANAGER)
    assert client.post(f"/staff/approvals/{customer.id}/{approval.id}", data={"decision": "approve"}).status_code == 303
    assert left(receipt) == 0
    assert "Approved" in client.get(f"/staff/approvals/{customer.id}/{approval.id}").text


def test_declining_without_a_word_brings_the_form_back(
    make: Maker, customer: Customer, finance: Principal, as_role: AsRole
) -> None:
    approval = wait(refund(make.receipt(customer, 60_000), 60_000), finance)
    address, client = f"/staff/approvals/{customer.id}/{approval.id}", as_role(Role.MANAGER)
    answer = client.post(address, data={"decision": "decline", "comment": ""})
    assert answer.status_code == 422
    assert "Say why you decline" in answer.text
    assert client.post(address, data={"decision": "decline", "comment": "No account"}).status_code == 303
    assert "No account" in client.get(address).text


def test_ones_own_request_can_be_withdrawn_and_not_approved(
    make: Maker, customer: Customer, finance: Principal, as_role: AsRole
) -> None:
    approval = wait(refund(make.receipt(customer, 60_000), 60_000), finance)
    address, client = f"/staff/approvals/{customer.id}/{approval.id}", as_role(Role.FINANCE)
    assert "Approve</button>" not in client.get(address).text
    assert client.post(address, data={"decision": "approve"}).status_code == 409
    assert client.post(address, data={"decision": "withdraw"}).status_code == 303


def test_a_decision_is_found_through_its_customer_only(
    make: Maker, customer: Customer, finance: Principal, as_role: AsRole
) -> None:
    approval, other = wait(refund(make.receipt(customer, 60_000), 60_000), finance), make.customer("Another")
    client = as_role(Role.MANAGER)
    assert client.get(f"/staff/approvals/{other.id}/{approval.id}").status_code == 404
    data = {"decision": "approve"}
    assert client.post(f"/staff/approvals/{other.id}/{approval.id}", data=data).status_code == 404


def test_the_menu_counts_what_i_can_decide(
    make: Maker, customer: Customer, finance: Principal, manager: Principal, as_role: AsRole
) -> None:
    receipt = make.receipt(customer, 300_000)
    wait(refund(receipt, 60_000), finance)
    wait(refund(receipt, 60_000), finance)
    wait(refund(receipt, 60_000), manager)
    assert '<span class="count">2</span>' in as_role(Role.MANAGER).get("/staff/sessions").text
    assert '<span class="count">1</span>' in as_role(Role.FINANCE).get("/staff/sessions").text
