"""The ways in that staff give and take: a link for a letter, a calendar's address."""

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from models import audit, customers
from models.customers import calendars, links
from models.database import session
from models.policies.permissions import Role
from models.transactions import transaction
from tests.backoffice.conftest import real_now
from tests.making import Maker

AsRole = Callable[[Role], FlaskClient]


def test_a_link_for_a_letter_needs_no_contact_and_is_listed_as_such(app: Flask, as_role: AsRole, make: Maker) -> None:
    customer = make.customer(language="en")
    make.invoice(customer, 12_345)
    clerk = as_role(Role.CLERK)
    contacts = f"/staff/customers/{customer.id}/contacts"
    assert "letter-link" in clerk.get(contacts).text
    page = clerk.post(f"/staff/customers/{customer.id}/letter-link").text
    clerk.post(f"/staff/customers/{customer.id}/letter-link")
    reader = app.test_client()
    reader.get(re.search(r"http://localhost(/l/[\w-]+)", page)[1])
    assert "€123.45" in reader.get("/open").text
    assert reader.post("/open").status_code == 409
    session.rollback()
    assert [contact.email for contact in customers.contacts_of(customer.id)] == [None]
    assert [link.paper for link in links.of_customer(customer.id)] == [True, True]
    assert clerk.get(contacts).text.count("For a letter") == 2


def test_staff_see_and_end_a_calendar_s_address(as_role: AsRole, make: Maker) -> None:
    customer = make.customer()
    contact_id, customer_id = make.contact(customer).id, customer.id
    with transaction():
        token = calendars.make(customer_id, contact_id, by=audit.COMMAND, now=real_now())
    clerk = as_role(Role.CLERK)
    end = f"/staff/customers/{customer_id}/contacts/{contact_id}/calendar/revoke"
    assert f'action="{end}"' in clerk.get(f"/staff/customers/{customer_id}/contacts").text
    assert clerk.post(end).status_code == 303
    assert f'action="{end}"' not in clerk.get(f"/staff/customers/{customer_id}/contacts").text
    session.rollback()
    assert calendars.reader(token) is None
    newest = audit.page_of_events(customer_id, page=1, size=1)[0][0][0]
    assert (newest.action, newest.actor_kind.value) == ("calendar.revoked", "staff")
