"""Cases at the desk: on the board, taken, asked about, decided with a credit note, opened again."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from models import accounts, approvals, audit, causes, company, disputes, messages, payments, staff
from models.audit import Actor, ActorKind
from models.customers import Customer
from models.database import session
from models.disputes import Dispute, DisputeState, Reason, Remedy
from models.dunning import review, templates
from models.dunning.placeholders import Text
from models.invoices import Invoice, InvoiceLine, lines_of
from models.ledger import Entry, entry_of
from models.money import Money
from models.policies.permissions import Role
from models.policies.sequences import Channel, Purpose, Tone
from models.transactions import transaction
from tests.backoffice.reading import error_at, errors_above, shown, value_of
from tests.conftest import NOW, TODAY
from tests.making import Maker

WORDS = "Half of the tiles are broken"


def billed(description: str, net_minor: int, tax_minor: int) -> InvoiceLine:
    return InvoiceLine(
        description=description,
        quantity=Decimal(1),
        net_minor=net_minor,
        tax_rate=Decimal(21),
        tax_minor=tax_minor,
        currency="EUR",
    )


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer(language="en")


@pytest.fixture
def item(make: Maker, customer: Customer) -> Entry:
    return make.invoice(customer, 18_150, lines=[billed("Tiles", 10_000, 2_100), billed("Glue", 5_000, 1_050)])


@pytest.fixture
def opened(make: Maker, customer: Customer, item: Entry) -> Callable[..., Dispute]:
    contact = make.contact(customer)

    def open_case(minor: int = 12_100) -> Dispute:
        line = lines_of(session.get_one(Invoice, (item.customer_id, item.invoice_id)))[0]
        with transaction():
            return disputes.open_case(
                customer,
                contact,
                item.id,
                {line.id: Money(minor, "EUR")},
                reason=Reason.DAMAGED,
                wanted=Remedy.CREDIT,
                text=WORDS,
                by=Actor(ActorKind.CONTACT, contact.id),
                on=TODAY,
                now=NOW,
            )

    return open_case


@pytest.fixture
def cause(make: Maker) -> int:
    with transaction():
        warehouse = causes.add_department("Warehouse", email="warehouse@example.test", by=audit.COMMAND, now=NOW)
        return causes.add(warehouse.id, "Packing", "Not padded", by=audit.COMMAND, now=NOW).id


@pytest.fixture
def clerk(desk: FlaskClient, as_role: Callable[[Role], FlaskClient]) -> FlaskClient:
    return as_role(Role.CLERK)


def link_in_mail(to: str) -> str:
    """The address in the newest mail to one of our own people."""
    mail = next(one for one in messages.outbox(company.HOLDING_ACCOUNT) if one.address == to)
    return re.search(r"http://localhost(/question/\S+)", mail.text)[1]


def page_of(dispute: Dispute) -> str:
    return f"/staff/disputes/{dispute.customer_id}/{dispute.id}"


def test_a_case_is_taken_on_the_board_and_upheld_in_part_with_a_credit_note(
    clerk: FlaskClient, opened: Callable[..., Dispute], item: Entry, cause: int
) -> None:
    dispute = opened()
    board = clerk.get("/staff/disputes")
    assert f"{dispute.number} €121.00" in shown(board)
    assert '<span class="count">1</span></a>' in board.text
    taken = clerk.post(f"{page_of(dispute)}/take", data={"from": "board"})
    assert taken.location == "/staff/disputes"
    assert "The clerk" in shown(clerk.get("/staff/disputes?whose=mine&show=list"))
    decide = f"{page_of(dispute)}/decide"
    assert 'value="121.00"' in clerk.get(decide).text
    answer = {"outcome": "in_part", "text": "Ten of twenty were broken.", "cause": str(cause), "credit_1": "60,51"}
    assert errors_above(clerk.post(decide, data={**answer, "cause": "", "text": ""})) == [
        "Give the customer your reasons."
    ]
    assert "root cause" in error_at(clerk.post(decide, data={**answer, "cause": ""}), "outcome")
    assert clerk.post(decide, data=answer).status_code == 303
    assert entry_of(item.customer_id, item.id).left == Money(18_150 - 6_051, "EUR")
    page = shown(clerk.get(page_of(dispute)))
    assert "Upheld in part" in page
    assert "Packing › Not padded" in page
    assert disputes.find(dispute.customer_id, dispute.id).state is DisputeState.DECIDED


def test_above_the_limit_the_second_person_sees_what_is_decided(
    clerk: FlaskClient, as_role: Callable[[Role], FlaskClient], opened: Callable[..., Dispute], item: Entry, cause: int
) -> None:
    with transaction():
        company.locked().limits = {"credit_note": "50"}
    dispute, key = opened(), (item.customer_id, item.id)
    answer = {"outcome": "upheld", "text": "They came broken.", "cause": str(cause), "credit_1": "121"}
    assert clerk.post(f"{page_of(dispute)}/decide", data=answer).status_code == 303
    assert "waits for a second person" in shown(clerk.get(page_of(dispute)))
    assert entry_of(*key).left == Money(18_150, "EUR")
    [waiting] = approvals.waiting()
    page = f"/staff/approvals/{waiting.customer_id}/{waiting.id}"
    finance = as_role(Role.FINANCE)
    assert "They came broken." in shown(finance.get(page))
    assert f"{dispute.number} · Upheld" in shown(finance.get("/staff/approvals"))
    assert finance.post(page, data={"decision": "approve"}).status_code == 303
    assert entry_of(*key).left == Money(6_050, "EUR")


def test_the_letter_is_looked_at_before_and_goes_with_the_mail(
    clerk: FlaskClient, opened: Callable[..., Dispute], cause: int
) -> None:
    dispute = opened()
    decide = f"{page_of(dispute)}/decide"
    answer = {"outcome": "in_part", "text": "Ten of twenty.", "cause": str(cause), "credit_1": "60.50"}
    looked_at = clerk.post(decide, data={**answer, "do": "look"})
    assert (looked_at.status_code, looked_at.data[:5]) == (200, b"%PDF-")
    assert disputes.decisions_of(disputes.find(dispute.customer_id, dispute.id)) == []
    clerk.post(decide, data=answer)
    [mail] = [one for one in messages.outbox(dispute.customer_id) if ":decided:" in one.dedupe_key]
    [paper] = accounts.answers_enclosed(mail.customer_id, mail.id, NOW)
    assert paper.content[:5] == b"%PDF-"
    [decision] = disputes.decisions_of(disputes.find(dispute.customer_id, dispute.id))
    kept = clerk.get(f"{page_of(dispute)}/answers/{decision.id}.pdf")
    assert kept.data == paper.content, "the same file whenever it is asked for"
    assert accounts.answers_enclosed(mail.customer_id, messages.outbox(dispute.customer_id)[-1].id, NOW) == []


def test_an_approved_answer_is_put_into_the_letter_with_its_places_filled(
    clerk: FlaskClient, as_role: Callable[[Role], FlaskClient], opened: Callable[..., Dispute], people: dict[Role, int]
) -> None:
    writer, counsel = (staff.principal(staff.find(people[role])) for role in (Role.FINANCE, Role.COUNSEL))
    with transaction():
        for about, said in (("damaged", "We pack {invoice} better from now on."), ("price", "Our prices are right.")):
            draft = templates.add(
                said, Channel.LETTER, Purpose.OBJECTION, Tone.NEUTRAL, by=writer, now=NOW, about=about
            )
            templates.write(draft, "en", Text("How we answer", said), by=writer, now=NOW)
            review.send(draft, by=writer, now=NOW)
            if about == "damaged":
                used = draft.template_id
            review.approve(draft, by=counsel, now=NOW)
        asking = templates.add("Money", Channel.LETTER, Purpose.OBJECTION, Tone.NEUTRAL, by=writer, now=NOW)
        with pytest.raises(templates.WordsWrong):
            templates.write(asking, "en", Text("Pay", "Pay {total_due}."), by=writer, now=NOW)
    dispute = opened()
    page = clerk.get(f"{page_of(dispute)}/decide")
    assert "Our prices are right." not in page.text
    filled = clerk.post(f"{page_of(dispute)}/decide", data={"text": "Hello,", "do": f"use-{used}"})
    number = disputes.card_of(dispute).invoice_number
    assert value_of(filled, "text") == f"Hello,\n\nWe pack {number} better from now on."
    assert filled.status_code == 200


def test_a_department_answers_by_its_link_once_and_learns_nothing_else(
    clerk: FlaskClient, app: Flask, customer: Customer, opened: Callable[..., Dispute], cause: int
) -> None:
    dispute = opened()
    clerk.post(f"{page_of(dispute)}/note", data={"note": "They always complain"})
    department = str(causes.find(cause).department_id)
    asked = clerk.post(f"{page_of(dispute)}/ask", data={"department": department, "text": "How was it packed?"})
    assert asked.status_code == 303
    link = link_in_mail("warehouse@example.test")
    anybody = app.test_client()
    page = shown(anybody.get(link))
    assert "How was it packed?" in page
    assert WORDS in page
    for secret in (customer.name, "They always complain", "181.50", customer.number):
        assert secret not in page
    assert error_at(anybody.post(link, data={"name": "Jonas"}), "text") == "Write something first."
    assert anybody.post(link, data={"text": "In two layers", "name": "Jonas"}).status_code == 303
    assert "In two layers" in shown(anybody.get(link))
    assert "Send the answer" not in anybody.get(link).text
    assert anybody.post(link, data={"text": "Or in one", "name": "Jonas"}).status_code == 422
    assert anybody.get(link[:-1] + ("a" if link[-1] != "a" else "b")).status_code == 404
    case = shown(clerk.get(page_of(dispute)))
    assert "Warehouse, Jonas" in case
    assert "Warehouse, by its link" in case
    timeline = shown(clerk.get(f"/staff/customers/{dispute.customer_id}/timeline"))
    assert re.search(r"Note about the case [^·]+· Warehouse Department asked", timeline)
    assert disputes.find(dispute.customer_id, dispute.id).state is DisputeState.LOOKING
    with transaction():
        disputes.withdraw(disputes.find(dispute.customer_id, dispute.id), by=audit.JOB, on=TODAY, now=NOW)
    assert anybody.get(link).status_code == 404, "the case is over"


def test_the_link_of_a_department_is_forgotten_once_it_is_on_its_way(
    clerk: FlaskClient, opened: Callable[..., Dispute], cause: int
) -> None:
    dispute = opened()
    department = str(causes.find(cause).department_id)
    clerk.post(f"{page_of(dispute)}/ask", data={"department": department, "text": "How was it packed?"})
    [mail] = [one for one in messages.outbox(company.HOLDING_ACCOUNT) if one.kind == "dispute_question"]
    with transaction():
        mail.forget_secrets()
    assert "/question/…" in mail.text
    assert "/question/…" in mail.html


def test_a_case_is_opened_for_somebody_who_called(clerk: FlaskClient, customer: Customer, item: Entry) -> None:
    page = f"/staff/customers/{customer.id}/entries/{item.id}/dispute"
    field = f"wrong-{lines_of(session.get_one(Invoice, (item.customer_id, item.invoice_id)))[1].id}"
    customer_id, item_id = customer.id, item.id
    said = {"reason": "defective", "wanted": "repair", "text": "It does not stick"}
    assert "at least one line" in errors_above(clerk.post(page, data=said))[0]
    assert error_at(clerk.post(page, data={**said, field: "60.51"}), field)
    asked = clerk.post(page, data={"text": "The bottle came broken", field: "6O", "suggest": "1"})
    assert asked.status_code == 200
    assert "This sounds like: It arrived damaged because of came broken" in shown(asked)
    assert (value_of(asked, field), " checked" in asked.text) == ("6O", False)
    assert "This sounds like" not in shown(clerk.get(page))
    answer = clerk.post(page, data={**said, field: "60.50"})
    assert "Glue" in shown(clerk.get(answer.location))
    [found] = payments.payable_items(customer_id, TODAY, among=[item_id])
    assert found.collectable == Money(12_100, "EUR")
    [case] = disputes.of_customers([customer_id])
    assert case.staff_id is not None


def test_goods_are_offered_arrive_and_are_credited(clerk: FlaskClient, opened: Callable[..., Dispute]) -> None:
    dispute = opened()
    offer = f"{page_of(dispute)}/returns/new"
    typed = {"line": "1", "what": "Ten tiles", "amount": "50", "until_on": TODAY.isoformat()}
    assert error_at(clerk.post(offer, data={**typed, "amount": "121.01"}), "amount") == "Enter an amount up to €121.00."
    assert clerk.post(offer, data=typed).status_code == 303
    [goods] = disputes.returns_of(disputes.find(dispute.customer_id, dispute.id))
    arrived = f"{page_of(dispute)}/returns/{goods.id}/received"
    assert error_at(clerk.post(arrived, data={}), "condition") == "Say how it looks."
    assert clerk.post(arrived, data={"condition": "Whole"}).status_code == 303
    assert "Credited so far €50.00" in shown(clerk.get(page_of(dispute)))
    assert clerk.post(f"{page_of(dispute)}/returns/{goods.id}/cancel").status_code == 409


def test_rules_and_absences_are_kept(clerk: FlaskClient, people: dict[Role, int]) -> None:
    rule = {"reason": "damaged", "product": "tile", "least": "1,5", "owner": str(people[Role.CLERK])}
    for _ in range(2):
        assert clerk.post("/staff/disputes/rules", data=rule).status_code == 303
    first, second = disputes.rules()
    assert (first.least_minor, first.reason, first.language) == (150, Reason.DAMAGED, "")
    clerk.post(f"/staff/disputes/rules/{second.id}", data={"do": "up"})
    assert [one.id for one in disputes.rules()] == [second.id, first.id]
    clerk.post(f"/staff/disputes/rules/{second.id}", data={"do": "remove"})
    assert [one.id for one in disputes.rules()] == [first.id]
    away = {"person": str(people[Role.CLERK]), "from_on": "2026-12-02", "until_on": "2026-12-01"}
    assert error_at(clerk.post("/staff/disputes/absences", data=away), "until_on")
    assert clerk.post("/staff/disputes/absences", data={**away, "until_on": "2026-12-03"}).status_code == 303
    assert "The clerk 2 Dec 2026 3 Dec 2026" in shown(clerk.get("/staff/disputes/absences"))


def test_a_case_is_taken_handed_over_and_opened_again_while_it_may_be(
    clerk: FlaskClient, opened: Callable[..., Dispute], people: dict[Role, int], cause: int
) -> None:
    dispute = opened()
    page, key = page_of(dispute), (dispute.customer_id, dispute.id)

    def state() -> tuple[DisputeState, int | None]:
        session.rollback()
        found = disputes.find(*key)
        return found.state, found.owner_id

    def refused(answer: TestResponse) -> str:
        assert answer.status_code == 409
        return answer.text

    assert clerk.post(f"{page}/take").location == page
    assert state() == (DisputeState.LOOKING, people[Role.CLERK])
    assert clerk.post(f"{page}/owner", data={"owner": str(people[Role.COLLECTOR])}).location == page
    assert state() == (DisputeState.LOOKING, people[Role.COLLECTOR])
    assert clerk.post(f"{page}/owner", data={"owner": "987"}).status_code == 422
    assert clerk.post(f"{page}/move", data={"state": "nowhere"}).status_code == 422
    assert "by itself" in refused(clerk.post(f"{page}/move", data={"state": "closed"}))
    assert error_at(clerk.post(f"{page}/reopen", data={}), "text") == "Say why the case is opened again."
    early = clerk.post(f"{page}/reopen", data={"text": "New pictures"})
    assert "changed in the meantime" in errors_above(early)[0]
    assert value_of(early, "text") == "New pictures"

    clerk.post(f"{page}/decide", data={"outcome": "refused", "text": "They were whole.", "cause": str(cause)})
    assert state()[0] is DisputeState.DECIDED
    asked = clerk.post(f"{page}/write", data={"text": "Have you a picture?", "waits": "y"})
    assert "changed in the meantime" in errors_above(asked)[0]
    assert value_of(asked, "text") == "Have you a picture?"
    assert "changed in the meantime" in refused(clerk.post(f"{page}/move", data={"state": "looking"}))
    assert clerk.post(f"{page}/reopen", data={"text": "New pictures"}).location == page
    assert "New pictures" in shown(clerk.get(page))
    assert state() == (DisputeState.LOOKING, people[Role.COLLECTOR])
    with transaction():
        approvals.withdraw_case(disputes.find(*key), by=audit.COMMAND, on=TODAY, now=NOW)
    for path, typed in (("take", {}), ("owner", {"owner": ""}), ("move", {"state": "looking"})):
        assert "changed in the meantime" in refused(clerk.post(f"{page}/{path}", data=typed))
    elsewhere = f"/staff/disputes/{key[0] + 1}/{key[1]}"
    assert clerk.get(elsewhere).status_code == 404
    for path in ("take", "owner", "move", "reopen", "write", "note", "ask", "decide", "returns/new"):
        assert clerk.post(f"{elsewhere}/{path}", data={"text": "x"}).status_code == 404


def test_the_second_person_is_not_asked_about_a_case_that_was_taken_back(
    clerk: FlaskClient, as_role: Callable[[Role], FlaskClient], opened: Callable[..., Dispute], cause: int
) -> None:
    with transaction():
        company.locked().limits = {"credit_note": "50"}
    dispute = opened()
    key = (dispute.customer_id, dispute.id)
    answer = {"outcome": "upheld", "text": "They came broken.", "cause": str(cause), "credit_1": "121"}
    clerk.post(f"{page_of(dispute)}/decide", data=answer)
    [waiting] = approvals.waiting()
    page = f"/staff/approvals/{waiting.customer_id}/{waiting.id}"
    with transaction():
        approvals.withdraw_case(disputes.find(*key), by=audit.COMMAND, on=TODAY, now=NOW)
    finance = as_role(Role.FINANCE)
    assert "The customer took the case back." in shown(finance.get(page))
    assert "Withdrawn" in shown(finance.get("/staff/approvals"))
    assert finance.post(page, data={"decision": "approve"}).status_code == 409
