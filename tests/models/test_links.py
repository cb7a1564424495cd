"""Magic links: one browser each, gone when revoked, and never to be read out of the database."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, text

from models import audit, customers
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer, links
from models.customers.links import CodeNeeded, LinkUnusable
from models.database import session
from models.sessions import BrowserSession
from models.transactions import release, transaction
from tests.journeys.house import eventually
from tests.making import Maker

STAFF = Actor(ActorKind.STAFF, 1, "Rūta")


def real_now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer()


@pytest.fixture
def contact(make: Maker, customer: Customer) -> Contact:
    return make.contact(customer)


def click(token: str, browser: str | None = None, now: datetime | None = None) -> links.Opened:
    with transaction():
        return links.open_link(token, browser, now=now or real_now(), address="127.0.0.1", agent="a test")


def living_sessions() -> int:
    session.rollback()
    return session.query(BrowserSession).where(BrowserSession.ended_at.is_(None)).count()


def revoke_all(customer_id: int) -> None:
    with transaction():
        for link in links.of_customer(customer_id):
            links.revoke(customer_id, link.id, by=STAFF, now=real_now())


def test_a_hundred_clicks_at_once_from_different_browsers_open_one_session(
    app: Flask, customer: Customer, contact: Contact, make: Maker
) -> None:
    token = make.link(customer, contact)
    together, answers = threading.Barrier(100), []

    def press() -> None:
        browser = app.test_client()
        browser.set_cookie("duewell_link", token)
        together.wait()
        answers.append(browser.post("/open").status_code)

    threads = [threading.Thread(target=press) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Whoever found no free connection in five seconds was told to come again (503), and opened nothing.
    assert answers.count(303) == 1
    assert set(answers) <= {303, 409, 503}
    assert living_sessions() == 1


@pytest.mark.parametrize("looks", [20, pytest.param(1000, marks=pytest.mark.prove)])
def test_no_number_of_looks_uses_it_up(
    client: FlaskClient, customer: Customer, contact: Contact, make: Maker, looks: int
) -> None:
    token = make.link(customer, contact)
    client.set_cookie("duewell_link", token)
    for _ in range(looks):
        client.get("/open")
        client.head("/open")
        client.get(f"/l/{token}")
        client.head(f"/l/{token}")
    [link] = links.of_customer(customer.id)
    assert (link.browser_hash, link.first_used_at, living_sessions()) == (None, None, 0)


def test_a_link_revoked_between_looking_and_clicking_opens_nothing(
    client: FlaskClient, customer: Customer, contact: Contact, make: Maker
) -> None:
    client.get(f"/l/{make.link(customer, contact)}")
    assert client.get("/open").status_code == 200
    revoke_all(customer.id)
    assert client.post("/open").status_code == 409
    assert client.get("/statement").status_code == 303
    assert client.get("/open").status_code == 404
    assert living_sessions() == 0


def test_revoking_a_link_ends_what_it_opened(
    client: FlaskClient, customer: Customer, contact: Contact, make: Maker
) -> None:
    client.get(f"/l/{make.link(customer, contact)}")
    client.post("/open")
    assert client.get("/statement").status_code == 200
    revoke_all(customer.id)
    assert client.get("/statement").status_code == 303
    with pytest.raises(LinkUnusable):
        revoke_all(customer.id)


def test_who_revokes_waits_for_a_click_that_is_under_way_and_ends_it(
    engine: Engine, customer: Customer, contact: Contact, make: Maker
) -> None:
    """The second click in the same browser changes nothing in the link's row: it must hold it all the same."""
    token = make.link(customer, contact)
    browser = click(token).browser_token
    links.open_link(token, browser, now=real_now(), address="", agent="")  # Not committed yet.

    def revoke() -> None:
        try:
            revoke_all(customer.id)
        finally:
            release()

    other = threading.Thread(target=revoke)
    other.start()
    waits = text(
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    )
    # Within a transaction PostgreSQL would show the same picture again and again.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watching:
        eventually(lambda: watching.scalar(waits) or not other.is_alive())
    session.commit()
    other.join()
    assert living_sessions() == 0


def test_the_first_browser_comes_back_as_often_as_it_likes_and_no_other_ever(
    customer: Customer, contact: Contact, make: Maker
) -> None:
    token = make.link(customer, contact)
    first = click(token)
    assert click(token, first.browser_token).browser_token == first.browser_token
    for stranger in (None, "another browser's", ""):
        with pytest.raises(CodeNeeded):
            click(token, stranger)
    assert living_sessions() == 2


def test_one_browser_may_open_the_links_of_several_customers(make: Maker, customer: Customer, contact: Contact) -> None:
    other = make.customer()
    browser = click(make.link(customer, contact)).browser_token
    assert click(make.link(other, make.contact(other)), browser).browser_token == browser


def test_a_link_lives_thirty_days(customer: Customer, contact: Contact, make: Maker) -> None:
    token = make.link(customer, contact)
    browser = click(token, now=real_now() + timedelta(days=29, hours=23)).browser_token
    with pytest.raises(LinkUnusable):
        click(token, browser, now=real_now() + timedelta(days=30, minutes=1))


def test_a_link_that_nobody_made_opens_nothing(customer: Customer, contact: Contact, make: Maker) -> None:
    make.link(customer, contact)
    for token in ("", "unknown", "' or 1=1 --", "ž" * 5000, "a\0b"):
        assert links.living(token, now=real_now()) is None
        with pytest.raises(LinkUnusable):
            click(token)


def test_who_was_switched_off_opens_nothing_and_is_signed_out(
    client: FlaskClient, customer: Customer, contact: Contact, make: Maker
) -> None:
    client.get(f"/l/{make.link(customer, contact)}")
    client.post("/open")
    token = make.link(customer, contact)
    with transaction():
        mine = customers.contact_of(customer.id, contact.id)
        customers.change_contact(mine, active=False, by=STAFF, now=make.now)
    assert client.get("/statement").status_code == 303
    with pytest.raises(LinkUnusable):
        click(token)
    assert links.of_customer(customer.id)[0].browser_hash is None


def test_each_of_many_links_made_at_once_opens_its_own_account(make: Maker) -> None:
    contacts = [make.contact(make.customer(), "a@example.test") for _ in range(3)]
    whom = [(one.customer_id, one.id) for one in contacts]
    with transaction():
        made = links.make_for_each(whom, by=audit.JOB, now=real_now())
    found = {key: links.living(token, now=real_now()) for key, token in made.items()}
    assert {key: (link.customer_id, link.contact_id) for key, link in found.items() if link} == {
        key: key for key in whom
    }
    about = [event.about for one in contacts for event, _ in audit.page_of_events(one.customer_id, page=1, size=1)[0]]
    assert about == [f"links:{found[key].id}" for key in whom if found[key]]


def test_one_customer_s_link_is_not_another_s_to_revoke(customer: Customer, contact: Contact, make: Maker) -> None:
    make.link(customer, contact)
    [link] = links.of_customer(customer.id)
    with pytest.raises(LinkUnusable), transaction():
        links.revoke(make.customer().id, link.id, by=STAFF, now=real_now())
    assert links.of_customer(customer.id)[0].revoked_at is None


def test_no_token_stands_anywhere_in_the_database(
    client: FlaskClient, customer: Customer, contact: Contact, make: Maker, database_url: str
) -> None:
    """Who reads a backup can open nobody's account: neither by link nor by session nor as the bound browser."""
    token = make.link(customer, contact)
    client.get(f"/l/{token}")
    client.post("/open")
    secrets = [token, *(client.get_cookie(name).value for name in ("duewell", "duewell_browser"))]
    written = everything_written(database_url)
    assert customer.name in written
    for secret in secrets:
        assert len(secret) >= 43
        assert secret not in written
        assert secret.encode().hex() not in written


def everything_written(database_url: str) -> str:
    """Every row of every table as text; bytes as hexadecimal digits."""
    engine = create_engine(database_url)
    with engine.connect() as connection:
        tables = connection.scalars(
            text("select quote_ident(tablename) from pg_tables where schemaname = current_schema()")
        ).all()
        rows = [row for table in tables for row in connection.scalars(text(f"select t::text from {table} t"))]
    engine.dispose()
    return "\n".join(rows)


def test_every_click_and_every_refusal_of_a_link_is_told(customer: Customer, contact: Contact, make: Maker) -> None:
    token = make.link(customer, contact)
    click(token, click(token).browser_token)
    revoke_all(customer.id)
    events = [event for event, _ in audit.page_of_events(customer.id, page=1, size=4)[0]][::-1]
    assert [(event.action, event.actor_kind.value, event.facts.get("first")) for event in events] == [
        ("link.made", "command", None),
        ("link.opened", "contact", True),
        ("link.opened", "contact", False),
        ("link.revoked", "staff", None),
    ]
    assert audit.broken_event(customer.id) is None
