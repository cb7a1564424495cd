"""A message to one customer: looked at, sent once, refused with its reason and nothing typed lost."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from commandline.demo import reminders
from models import company, messages, pauses, staff
from models.customers import Customer
from models.dunning import templates
from models.holds import HoldKind
from models.policies.permissions import Role
from models.transactions import transaction
from tests.backoffice.reading import errors_above, events, shown, value_of
from tests.conftest import NOW
from tests.making import Maker

OWN = 'Call me: <a hx-get="/hostile">here</a>\r\n{total_due}'


@pytest.fixture
def owing(people: dict[Role, int]) -> Customer:
    """Somebody whose invoice is a week late, and words in use."""
    old = Maker(NOW - timedelta(days=60))
    with transaction():
        company.locked().law_firm = "Law & Sons\nMain Street 1"
        counsel, manager = (staff.principal(staff.find(people[role])) for role in (Role.COUNSEL, Role.MANAGER))
        reminders.put_in_use(counsel, manager, now=NOW - timedelta(days=50))
    customer = old.customer(country="LT", language="en", timezone="Europe/Vilnius")
    old.contact(customer, name="Ona")
    old.invoice(customer, 64_000, number="INV-77001", due_on=NOW.date() - timedelta(days=8))
    return customer


def address(customer: Customer, key: str = "after_7") -> str:
    number = next(one.id for one in templates.every() if one.key == key)
    return f"/staff/customers/{customer.id}/message?template={number}"


def hidden(answer: TestResponse) -> dict[str, str]:
    return {name: value_of(answer, name) for name in ("key", "seen", "version")}


def test_what_was_looked_at_is_sent_once(desk: FlaskClient, owing: Customer) -> None:
    here = address(owing)
    assert "Write a message" in desk.get(f"/staff/customers/{owing.id}").text
    first = desk.get(here)
    assert "€640.00" in shown(first)
    # Typed and sent without having been looked at: it is shown first.
    unseen = desk.post(here, data={**hidden(first), "own": OWN, "do": "send"})
    assert (unseen.status_code, messages.outbox(owing.id)) == (200, [])
    assert "&lt;a hx-get=" in unseen.text
    assert '<a hx-get="/hostile"' not in unseen.text
    assert value_of(unseen, "own") == OWN.replace("\r\n", "\n")
    sent = {**hidden(unseen), "own": OWN, "do": "send"}
    assert [desk.post(here, data=sent).status_code for _ in range(2)] == [303, 303]
    [message] = messages.outbox(owing.id)
    assert OWN.replace("\r\n", "\n") in message.text
    assert message.text.index("{total_due}") < message.text.index("Kind regards\nAccounts receivable, ")
    assert events(owing.id).count("message.written") == 1
    timeline = shown(desk.get(f"/staff/customers/{owing.id}/timeline"))
    assert "Message written by hand" in timeline
    assert message.subject in timeline
    # The next one comes too early.
    second = desk.get(here)
    assert "Nothing can be sent now" in shown(second)
    assert "The last contact was a short time ago: 3 days lie between two." in shown(second)
    refused = desk.post(here, data={**sent, "key": "another"})
    assert errors_above(refused)[0].startswith("The last contact was a short time ago")
    assert len(messages.outbox(owing.id)) == 1


def test_a_hold_is_said_and_refused_with_what_was_typed(desk: FlaskClient, owing: Customer, people) -> None:
    here = address(owing)
    seen = hidden(desk.post(here, data={**hidden(desk.get(here)), "own": "Mine", "do": "look"}))
    with transaction():
        actor = staff.principal(staff.find(people[Role.COLLECTOR])).actor
        pauses.place(owing.id, HoldKind.CEASE_CONTACT, "Asked", by=actor, on=NOW.date(), now=NOW)
    answer = desk.post(here, data={**seen, "own": "Mine", "do": "send"})
    assert errors_above(answer) == ["The customer told us to stop contacting them."]
    assert value_of(answer, "own") == "Mine"
    assert messages.outbox(owing.id) == []


def test_words_about_something_else_and_longer_own_ones_are_refused(desk: FlaskClient, owing: Customer) -> None:
    early = desk.get(address(owing, "before"))
    assert "Nothing is open that these words are about" in shown(early)
    here = address(owing)
    form = hidden(desk.get(here))
    assert desk.post(here, data={**form, "own": "x" * 601, "do": "send"}).status_code == 422
    assert desk.post(here, data={**form, "own": "x" * 599 + "\r\n\r\n", "do": "look"}).status_code == 200
    assert desk.get(address(owing, "final")).status_code == 404
    assert messages.outbox(owing.id) == []
