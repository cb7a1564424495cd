"""The way in: looking changes nothing, a click opens the account, in one browser; asking for a link tells nothing."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text
from werkzeug.test import TestResponse

from models import audit, customers
from models.customers import Contact, Customer, links
from models.database import session
from models.transactions import transaction
from tests.making import Maker
from tests.models.test_links import everything_written
from tests.portal.mailbox import mailed_links, mails, send_mails


def test_a_click_on_the_link_opens_the_statement(client: FlaskClient, make: Maker) -> None:
    customer = make.customer()
    make.invoice(customer, 128_450)
    token = make.link(customer, make.contact(customer))
    client.get(f"/l/{token}")
    landing = client.get("/open").text
    assert customer.name not in landing
    opened = client.post("/open")
    assert opened.status_code == 303
    assert "€1,284.50" in client.get("/statement").text


def test_looking_at_a_link_leaves_it_unused(client: FlaskClient, make: Maker) -> None:
    customer = make.customer()
    token = make.link(customer, make.contact(customer))
    for _ in range(20):
        client.get(f"/l/{token}", follow_redirects=True)
        client.head(f"/l/{token}")
    assert client.post("/open").status_code == 303


def test_another_browser_cannot_use_an_opened_link(app: Flask, client: FlaskClient, make: Maker) -> None:
    customer = make.customer()
    token = make.link(customer, make.contact(customer))
    client.get(f"/l/{token}")
    client.post("/open")
    other = app.test_client()
    other.get(f"/l/{token}")
    assert other.post("/open").status_code == 409
    assert other.get("/statement").status_code == 303


def test_the_same_browser_may_open_its_link_again(client: FlaskClient, make: Maker) -> None:
    customer = make.customer()
    token = make.link(customer, make.contact(customer))
    for _ in range(2):
        client.get(f"/l/{token}")
        assert client.post("/open").status_code == 303
        client.post("/sign-out")


def test_the_token_stands_in_no_address_of_a_page(client: FlaskClient, make: Maker) -> None:
    customer = make.customer()
    token = make.link(customer, make.contact(customer))
    arrived = client.get(f"/l/{token}")
    assert token not in arrived.headers["Location"]
    assert token not in client.get("/open").text


# Asking for a link

UNKNOWN = "nobody@example.test"


def ask(client: FlaskClient, email: str) -> TestResponse:
    return client.post("/", data={"email": email})


def without_token(answer: TestResponse) -> str:
    return re.sub(r'"csrf_token"[^>]*value="[^"]*"', "", answer.text)


def test_who_asks_gets_a_link_that_opens_the_account(client: FlaskClient, customer: Customer, contact: Contact) -> None:
    answer = ask(client, " AP@example.test ")
    assert (answer.status_code, answer.location) == (303, "/asked")
    assert client.get("/asked").status_code == 200
    [link] = mailed_links()
    client.get(link)
    assert "works once" in client.get("/open").text
    assert client.post("/open").status_code == 303
    assert client.get("/statement").status_code == 200


def test_a_link_that_was_asked_for_works_once_in_the_same_browser_too(
    client: FlaskClient, customer: Customer, contact: Contact
) -> None:
    ask(client, contact.email)
    [link] = mailed_links()
    client.get(link)
    client.post("/open")
    client.post("/sign-out")
    client.get(link)
    assert client.get("/open").status_code == 404
    assert client.post("/open").status_code == 409


def test_a_link_that_was_asked_for_lives_ten_minutes(client: FlaskClient, customer: Customer, contact: Contact) -> None:
    ask(client, contact.email)
    client.get(mailed_links()[0])
    move_links("9 minutes 50 seconds")
    assert client.get("/open").status_code == 200
    move_links("15 seconds")
    assert client.get("/open").status_code == 404


def move_links(interval: str) -> None:
    with transaction():
        session.execute(text(f"update links set expires_at = expires_at - interval '{interval}'"))


def test_an_address_of_two_customers_gets_one_mail_with_a_link_for_each(client: FlaskClient, make: Maker) -> None:
    for name in ("First UAB", "Second UAB"):
        customer = make.customer(name)
        make.contact(customer, "both@example.test")
        make.invoice(customer, number=f"INV-{name[:5]}")
    ask(client, "both@example.test")
    [mail] = mails("link")
    assert ("First UAB" in mail.text, "Second UAB" in mail.text) == (True, True)
    opened = []
    for link in mailed_links():
        client.get(link)
        client.post("/open")
        opened += re.findall(r"INV-(?:First|Secon)", client.get("/statement").text)[:1]
    assert opened == ["INV-First", "INV-Secon"]


def test_the_mail_is_in_the_contact_s_language_and_not_in_the_browser_s(client: FlaskClient, make: Maker) -> None:
    make.contact(make.customer(), "fa@example.test", language="fa")
    client.post("/", data={"email": "fa@example.test"}, headers={"Accept-Language": "lt"})
    [mail] = mails("link")
    assert (mail.language, 'dir="rtl"' in mail.html) == ("fa", True)


def test_known_and_unknown_addresses_get_the_same_answer_to_the_byte(
    client: FlaskClient, customer: Customer, contact: Contact
) -> None:
    known, unknown = ask(client, contact.email), ask(client, UNKNOWN)
    assert (known.status_code, known.data, known.location) == (unknown.status_code, unknown.data, unknown.location)
    assert {name for name, _ in known.headers} == {name for name, _ in unknown.headers}
    assert len(mails("link")) == 1


def test_known_and_unknown_addresses_cost_the_same_work(
    client: FlaskClient, customer: Customer, contact: Contact, make: Maker
) -> None:
    """The company's own stream has begun, as everywhere where somebody works."""
    with transaction():
        audit.record(0, "staff.added", by=audit.COMMAND, now=make.now)
    work = []
    for email in (contact.email, UNKNOWN):
        with statements() as done:
            ask(client, email)
        work.append([one for one in done if not one.startswith(("RELEASE", "ROLLBACK"))])
    assert work[0] == work[1]
    assert sum("INSERT INTO messages" in one for one in work[1]) == 1


@contextmanager
def statements() -> Iterator[list[str]]:
    done: list[str] = []
    bound = session.get_bind()

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        done.append(statement)

    event.listen(bound, "before_cursor_execute", note)
    yield done
    event.remove(bound, "before_cursor_execute", note)


def test_an_unknown_address_leaves_nothing_behind(client: FlaskClient, customer: Customer, contact: Contact) -> None:
    sending = "procrastinate_jobs where task_name = 'messages.send'"
    ask(client, UNKNOWN)
    assert mails("link") == []
    for table in ("links", "audit_events where customer_id = 0", sending):
        assert session.scalar(text(f"select count(*) from {table}")) == 0, table


def test_who_may_not_look_or_is_switched_off_is_as_unknown(client: FlaskClient, make: Maker) -> None:
    customer = make.customer()
    make.contact(customer, "blind@example.test", may_see=False)
    gone = make.contact(customer, "gone@example.test")
    with transaction():
        customers.change_contact(gone, active=False, by=audit.COMMAND, now=make.now)
    assert {ask(client, f"{name}@example.test").status_code for name in ("blind", "gone")} == {303}
    assert (mails("link"), links.of_customer(customer.id)) == ([], [])


def test_what_is_no_address_is_said_to_be_none(client: FlaskClient) -> None:
    assert [ask(client, typed).status_code for typed in ("", "nobody", "a@b@c")] == [422] * 3


def test_the_sixth_question_within_a_minute_has_to_wait(client: FlaskClient, customer: Customer) -> None:
    answers = [ask(client, f"person{number}@example.test") for number in range(6)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert answers[5].headers["Retry-After"] == "60"


def test_an_address_is_not_flooded_from_many_places(client: FlaskClient, customer: Customer, contact: Contact) -> None:
    places = [
        client.post("/", data={"email": contact.email}, environ_overrides={"REMOTE_ADDR": f"192.0.2.{number}"})
        for number in range(6)
    ]
    assert [answer.status_code for answer in places] == [303] * 5 + [429]
    assert len(mails("link")) == 5


def test_a_page_without_a_link_offers_a_new_one(client: FlaskClient) -> None:
    page = client.get("/open")
    assert page.status_code == 404
    assert 'name="email"' in page.text


def test_staff_read_the_mail_without_its_token(
    app: Flask, client: FlaskClient, customer: Customer, contact: Contact
) -> None:
    ask(client, contact.email)
    [mail], token = mails("link"), mailed_links()[0].removeprefix("/l/")
    shown = mail.without_secrets(mail.text)
    assert token in mail.text
    assert token not in shown
    assert "/l/…" in shown


def test_asking_leaves_no_token_in_the_database_once_the_mail_is_sent(
    client: FlaskClient, customer: Customer, contact: Contact, database_url: str
) -> None:
    ask(client, contact.email)
    token = mailed_links()[0].removeprefix("/l/")
    send_mails()
    written = everything_written(database_url)
    assert "/l/…" in written
    assert token not in written
    assert token.encode().hex() not in written
