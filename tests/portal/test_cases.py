"""The page of a case: answered, agreed with, disagreed with, taken back; of one's own account, and while it may be."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from models import audit, causes, disputes, ledger
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer, merges
from models.database import session
from models.disputes import CreditWish, DisputeState, Outcome, Reason, Remedy
from models.ledger import Entry
from models.money import Money
from models.policies.permissions import Role
from models.staff import Principal
from models.transactions import transaction
from tests.backoffice.reading import error_at, shown
from tests.complaining import person
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.models.disputes.test_disputes import decide, eur
from tests.portal.conftest import apart
from tests.portal.mailbox import mails

S = DisputeState


@pytest.fixture
def item(make: Maker, customer: Customer) -> Entry:
    return apart(make.invoice(customer, 12_100, number="INV-7"))


def opened(customer_id: int, item_id: int, contact: Contact, minor: int = 6_000) -> int:
    """The id of a new case about a part of the item."""
    from models.customers import find

    with transaction():
        return disputes.open_case(
            find(customer_id),
            contact,
            item_id,
            {None: Money(minor, "EUR")},
            reason=Reason.DAMAGED,
            wanted=Remedy.CREDIT,
            text="Half came broken",
            by=Actor(ActorKind.CONTACT, contact.id),
            on=TODAY,
            now=NOW,
        ).id


@pytest.fixture
def case_id(customer: Customer, contact: Contact, item: Entry) -> int:
    return opened(customer.id, item.id, contact)


@pytest.fixture
def clerk(make: Maker) -> Principal:
    return person(Role.CLERK)


@pytest.fixture
def answer(make: Maker, clerk: Principal) -> Callable[..., None]:
    def answered(customer_id: int, case_id: int, credited: int = 0) -> None:
        with transaction():
            place = causes.add_department(f"Warehouse {case_id}", by=audit.COMMAND, now=NOW)
            cause = causes.add(place.id, "Packing", "Not padded", by=audit.COMMAND, now=NOW).id
        told = {"outcome": Outcome.IN_PART, "credits": {1: eur(credited)}} if credited else {}
        decide(disputes.find(customer_id, case_id), clerk, cause, **told)

    return answered


def state_of(customer_id: int, case_id: int) -> DisputeState:
    session.rollback()
    return disputes.find(customer_id, case_id).state


def refused(answer: object) -> str:
    """What the page of a click says that came too late."""
    assert answer.status_code == 409
    return re.sub(r"<[^>]+>", " ", answer.text)


def test_a_question_is_answered_and_the_case_taken_back_once(
    browser: FlaskClient, customer: Customer, case_id: int, clerk: Principal
) -> None:
    page, key = f"/cases/{case_id}", (customer.id, case_id)
    with transaction():
        disputes.ask_customer(disputes.find(*key), "Have you a picture?", by=clerk.actor, on=TODAY, now=NOW)
    assert "We need a word from you" in shown(browser.get(page))
    assert error_at(browser.post(page, data={"text": ""}), "text") == "Write something first."
    assert browser.post(page, data={"text": "No, it is gone"}).location == page
    assert "No, it is gone" in shown(browser.get(page))
    assert state_of(*key) is S.LOOKING
    assert browser.post(f"{page}/withdraw").location == page
    assert "You took this case back" in shown(browser.get(page))
    assert "changed in the meantime" in refused(browser.post(f"{page}/withdraw"))
    late = browser.post(page, data={"text": "And another thing"})
    assert late.status_code == 422
    assert "This case is closed." in late.text
    assert "And another thing" in late.text, "what was typed is not lost"
    assert len([one for one in mails("dispute") if one.dedupe_key.endswith(":withdrawn")]) == 1


def test_an_answer_is_agreed_with_once_and_then_not_disagreed_with(
    browser: FlaskClient, customer: Customer, case_id: int, answer: Callable[..., None]
) -> None:
    page, key = f"/cases/{case_id}", (customer.id, case_id)
    assert "changed in the meantime" in refused(browser.post(f"{page}/accept"))
    early = browser.post(f"{page}/disagree", data={"text": "They were broken"})
    assert early.status_code == 422
    assert "changed in the meantime" in early.text
    assert "They were broken" in early.text, "what was typed is not lost"
    assert state_of(*key) is S.NEW
    answer(*key)
    assert "changed in the meantime" in refused(browser.post(f"{page}/withdraw"))
    assert browser.post(f"{page}/accept").location == page
    assert "You agreed on" in shown(browser.get(page))
    assert "changed in the meantime" in refused(browser.post(f"{page}/accept"))
    late = browser.post(f"{page}/disagree", data={"text": "They were broken after all"})
    assert (late.status_code, "This answer is final." in late.text) == (422, True)
    assert state_of(*key) is S.DECIDED


def test_who_disagrees_says_why_and_can_do_it_once(
    browser: FlaskClient, customer: Customer, case_id: int, answer: Callable[..., None]
) -> None:
    page, key = f"/cases/{case_id}", (customer.id, case_id)
    answer(*key)
    assert "Tell us in a few words" in error_at(browser.post(f"{page}/disagree", data={"text": ""}), "text")
    assert browser.post(f"{page}/disagree", data={"text": "The box was wet"}).location == page
    assert state_of(*key) is S.LOOKING
    assert "Somebody else looks at it now." in shown(browser.get(page))
    again = browser.post(f"{page}/disagree", data={"text": "It was very wet"})
    assert (again.status_code, "It was very wet" in again.text) == (422, True)


def test_what_had_been_paid_is_kept_and_then_asked_back(
    browser: FlaskClient, make: Maker, customer: Customer, item: Entry, case_id: int, answer: Callable[..., None]
) -> None:
    page, key = f"/cases/{case_id}", (customer.id, case_id)
    assert "changed in the meantime" in refused(browser.post(f"{page}/credit", data={"wish": "keep"}))
    receipt = make.receipt(customer, 12_100)
    with transaction():
        ledger.allocate(receipt, ledger.entry_of(customer.id, item.id), eur(12_100), now=NOW)
    answer(*key, credited=5_000)
    assert "€50.00 of the credit is yours" in shown(browser.get(page))
    assert browser.post(f"{page}/credit", data={"wish": "keep"}).location == page
    assert "You keep €50.00" in shown(browser.get(page))
    assert browser.post(f"{page}/credit", data={"wish": "refund"}).location == page
    assert "You asked for €50.00 back" in shown(browser.get(page))
    assert "changed in the meantime" in refused(browser.post(f"{page}/credit", data={"wish": "keep"}))
    session.rollback()
    assert disputes.find(*key).credit_wish is CreditWish.REFUND


def test_somebody_elses_case_is_not_there(
    come_in: Callable[[Customer, Contact], FlaskClient], make: Maker, customer: Customer, case_id: int
) -> None:
    stranger = make.customer("Another Company", language="en")
    browser = come_in(stranger, make.contact(stranger, "other@example.test"))
    page = f"/cases/{case_id}"
    assert browser.get(page).status_code == 404
    for act in ("", "/withdraw", "/accept", "/disagree", "/credit", "/pay"):
        assert browser.post(page + act, data={"text": "Mine", "wish": "refund"}).status_code == 404
    assert state_of(customer.id, case_id) is S.NEW


def test_the_case_of_a_joined_account_is_read_and_mailed_to_who_opened_it(
    browser: FlaskClient, make: Maker, customer: Customer, contact: Contact, clerk: Principal,
    answer: Callable[..., None],
) -> None:  # fmt: skip
    branch = make.customer("Žalias Namas, Kaunas", language="pl")
    item_id, branch_id = make.invoice(branch, 12_100, number="INV-8").id, branch.id
    with transaction():
        merges.merge(branch, session.merge(customer, load=True), effective_on=TODAY, by=audit.COMMAND, now=NOW)
    way = f"/invoices/{item_id}/wrong"
    browser.post(f"{way}/reason", data={"reason": "damaged"})
    browser.post(f"{way}/lines", data={"how-0": "all"})
    browser.post(f"{way}/story", data={"story": "All broken"})
    browser.post(f"{way}/evidence", data={"none": "1"})
    browser.post(f"{way}/wish", data={"wish": "credit"})
    page = browser.post(f"{way}/check").location
    case_id = int(page.rpartition("/")[2])
    with transaction():
        disputes.ask_customer(disputes.find(branch_id, case_id), "When?", by=clerk.actor, on=TODAY, now=NOW)
    browser.post(page, data={"text": "On Monday"})
    answer(branch_id, case_id, credited=100)
    found = mails("dispute")
    assert [one.dedupe_key.split(":")[3] for one in found] == ["decided", "question", "opened"]
    for mail in found:
        assert (mail.customer_id, mail.address, mail.language) == (customer.id, contact.email, "en")
        assert f"?case={case_id}" in mail.text
    assert disputes.reader_of(disputes.find(branch_id, case_id)).id == contact.id, "whom the desk sees it is written to"
    assert "We take €1.00 off your bill." in shown(browser.get(page))
    assert browser.post(f"{page}/accept").location == page
