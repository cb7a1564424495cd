"""One click stops reminders by mail; a contact's wishes are kept; what we hold is handed over."""

import json
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient

from models import audit, clock, customers, messages, sessions
from models.customers import Channel, Contact, Customer, opt_outs
from models.database import session
from models.transactions import transaction
from tests.conftest import NOW
from tests.making import Maker
from tests.portal.mailbox import mails, sent_mails


def token_of(contact: Contact) -> str:
    with transaction():
        return opt_outs.unsubscribe_token(contact.customer_id, contact.id, now=NOW)


def is_out(contact: Contact) -> bool:
    session.rollback()
    return opt_outs.living(contact) is not None


def test_looking_stops_nothing_the_button_does_and_undoes_it(client: FlaskClient, contact: Contact) -> None:
    address = f"/unsubscribe/{token_of(contact)}"
    assert "a•••@example.test" in client.get(address).text
    assert not is_out(contact)
    assert client.post(address).location == address
    assert is_out(contact)
    assert "Reminders by mail are stopped" in client.get(address).text
    client.post(f"{address}/undo")
    assert not is_out(contact)
    assert client.post("/unsubscribe/unknown").status_code == 404


def test_a_mail_program_stops_them_without_cookie_and_token(app: Flask, contact: Contact) -> None:
    """RFC 8058; no earlier mail's address goes out of date by a later one."""
    app.config["WTF_CSRF_ENABLED"] = True
    first, _ = token_of(contact), token_of(contact)
    stranger = app.test_client()
    answer = stranger.post(
        f"/unsubscribe/{first}",
        data={"List-Unsubscribe": "One-Click"},
        headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"},
    )
    assert answer.status_code == 200
    assert is_out(contact)
    assert stranger.post(f"/unsubscribe/{first}/undo").status_code == 400


def test_an_opt_out_is_a_fact_with_dates(contact: Contact) -> None:
    for act, days in ((opt_outs.opt_out, 0), (opt_outs.opt_out, 1), (opt_outs.opt_in, 2), (opt_outs.opt_in, 3)):
        how = () if act is opt_outs.opt_in else (opt_outs.OptedOutBy.PAGE,)
        with transaction():
            act(contact, *how, now=NOW + timedelta(days=days))
    moments = [NOW + timedelta(days=days) for days in (-1, 0, 1, 2, 3)]
    assert [bool(opt_outs.opted_out([contact.customer_id, 7], at)) for at in moments] == [
        False,
        True,
        True,
        False,
        False,
    ]


def test_the_address_is_in_the_mail_s_head_and_forgotten_once_it_is_sent(contact: Contact) -> None:
    address = f"https://pay.example/unsubscribe/{token_of(contact)}"
    with transaction():
        facts = {"language": "en", "subject": "S", "text": f"T {address}", "html": "<p>T</p>", "now": NOW}
        messages.queue(contact.customer_id, dedupe_key="r", kind="news", address="ap@example.test",
                       unsubscribe=address, **facts)  # fmt: skip
    [sent] = sent_mails()
    assert sent["List-Unsubscribe"] == f"<{address}>"
    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [kept] = mails("news")
    assert address not in kept.unsubscribe + kept.text


def test_wishes_are_kept_and_followed(browser: FlaskClient, contact: Contact) -> None:
    wishes = {"language": "fa", "calendar": "jalali", "channel": "letter", "quiet_from": "20", "quiet_until": "8"}
    assert browser.post("/preferences", data=wishes | {"channel": "pigeon"}).status_code == 422
    assert browser.post("/preferences", data=wishes).status_code == 303
    session.expire_all()
    kept = customers.contact_of(contact.customer_id, contact.id)
    assert (kept.language, kept.calendar, kept.channel) == ("fa", "jalali", Channel.LETTER)
    assert (kept.quiet_from, kept.quiet_until) == (20, 8)
    assert "آذر" in browser.get("/statement").text or "آبان" in browser.get("/statement").text
    browser.post("/preferences/mails", data={"stop": "1"})
    assert is_out(contact)
    browser.post("/preferences/mails")
    assert not is_out(contact)


def test_what_we_hold_is_handed_over_whole_and_about_nobody_else(
    browser: FlaskClient, make: Maker, customer: Customer, contact: Contact
) -> None:
    make.invoice(customer, 64_000, number="INV-1")
    make.contact(customer, "colleague@example.test", name="A Colleague")
    make.invoice(make.customer("Somebody else"), 100, number="THEIRS")
    with transaction():
        mine = customers.contact_of(contact.customer_id, contact.id)
        customers.change_contact(mine, name="Rūta", by=audit.COMMAND, now=NOW)
    answer = browser.get("/preferences/data.json")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    data = json.loads(answer.data)
    assert (data["you"]["name"], data["account"]["number"]) == ("Rūta", customer.number)
    assert [(row["number"], row["amount"]) for row in data["entries"]] == [("INV-1", "640.00")]
    assert len(data["sign_ins"]) == len(data["links"]) == 1
    assert not {"colleague", "THEIRS", "token"} & set(answer.text.replace('"', " ").replace("@", " ").split())


def test_colleagues_are_let_in_and_out_after_a_fresh_code_by_who_may(
    browser: FlaskClient, make: Maker, customer: Customer, contact: Contact
) -> None:
    wanted = {"name": "Jonas", "email": "jonas@example.test", "may_pay": "y"}
    assert browser.post("/preferences/contacts/new", data=wanted).location.startswith("/confirm")
    typed_a_code(contact)
    assert browser.post("/preferences/contacts/new", data=wanted).status_code == 303
    jonas = people(customer)["jonas@example.test"]
    assert (jonas.may_pay, jonas.may_sign, jonas.active) == (True, False, True)
    # There are two now, and nobody signs: neither shuts the other out.
    assert browser.post(f"/preferences/contacts/{jonas.id}", data={"let": "out"}).status_code == 403
    with transaction():
        customers.contact_of(contact.customer_id, contact.id).may_sign = True
    assert browser.post(f"/preferences/contacts/{contact.id}", data={"let": "out"}).status_code == 409
    assert browser.post(f"/preferences/contacts/{jonas.id}", data={"let": "out"}).status_code == 303
    assert not people(customer)["jonas@example.test"].active
    theirs = make.contact(make.customer(), "theirs@example.test")
    assert browser.post(f"/preferences/contacts/{theirs.id}", data={"let": "out"}).status_code == 404


def test_the_old_address_hears_of_the_new_one(browser: FlaskClient, contact: Contact) -> None:
    assert browser.get("/preferences/address").location.startswith("/confirm")
    typed_a_code(contact)
    new = {"name": "Rūta", "email": "New@Example.test"}
    assert browser.post("/preferences/address", data={**new, "email": "nobody"}).status_code == 422
    assert browser.post("/preferences/address", data=new).status_code == 303
    [mail] = mails("address_changed")
    assert mail.address == "ap@example.test"
    assert "n•••@example.test" in mail.text
    assert customers.contact_of(contact.customer_id, contact.id).email == "new@example.test"


def typed_a_code(contact: Contact) -> None:
    """As if the six digits of a mail had been typed just now."""
    with transaction():
        for row in sessions.of_contact(contact.customer_id, contact.id, now=clock.real_now()):
            sessions.code_typed(row.id, now=clock.real_now())


def people(customer: Customer) -> dict[str | None, Contact]:
    session.rollback()
    session.expire_all()
    return {one.email: one for one in customers.contacts_of(customer.id)}
