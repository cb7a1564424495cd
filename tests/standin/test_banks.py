"""What banks add: a question before they pay, and debits that they answer days later."""

from urllib.parse import urlsplit

import pytest

SESSIONS = "/v1/checkout/sessions"
ASKED = "4000 0027 6000 3184"
GOOD, EMPTY = "AT611904300234573201", "AT861904300235473202"


@pytest.fixture
def session(stripe, order):
    return stripe.post(SESSIONS, order)[1]


def events(stripe):
    return [event["type"] for event in stripe.get("/v1/events?limit=100")[1]["data"]][::-1]


def intent_of(stripe, session):
    return stripe.get(f"{SESSIONS}/{session['id']}?expand[]=payment_intent.latest_charge")[1]["payment_intent"]


def test_a_card_that_is_asked_about_takes_nothing_before_the_answer(till, stripe, session):
    path = urlsplit(session["url"]).path
    assert till.press_pay(session["url"], ASKED) == (303, f"{path}/bank")
    assert "Is it you who pays 12.34 EUR?" in stripe.get(f"{path}/bank")[1]
    waiting = intent_of(stripe, session)
    assert (waiting["status"], waiting["amount_received"]) == ("requires_action", 0)
    assert waiting["next_action"]["redirect_to_url"]["url"] == f"{session['url']}/bank"
    assert till.submit(f"{session['url']}/bank", {"answer": "yes"})[1].startswith("http://shop.test/done")
    paid = intent_of(stripe, session)
    assert (paid["status"], paid["amount_received"], paid["next_action"]) == ("succeeded", 1234, None)


def test_who_refuses_at_the_bank_pays_nothing_and_may_try_another_card(till, stripe, session):
    path = urlsplit(session["url"]).path
    till.press_pay(session["url"], ASKED)
    assert till.submit(f"{session['url']}/bank", {"answer": "no"}) == (303, path)
    assert "was not confirmed with your bank" in stripe.get(path)[1]
    refused = intent_of(stripe, session)
    assert refused["status"] == "requires_payment_method"
    assert refused["last_payment_error"]["code"] == "payment_intent_authentication_failure"
    assert till.press_pay(session["url"])[1].startswith("http://shop.test/done")


def test_a_debit_is_on_its_way_at_once_and_paid_when_the_bank_has_answered(till, stripe, session):
    assert till.submit(session["url"], {"iban": GOOD})[1].startswith("http://shop.test/done")
    on_its_way = intent_of(stripe, session)
    assert (on_its_way["status"], on_its_way["latest_charge"]["status"]) == ("processing", "pending")
    assert stripe.get(f"{SESSIONS}/{session['id']}")[1]["payment_status"] == "unpaid"
    answer_of_the_bank(till, stripe, session)
    paid = intent_of(stripe, session)
    assert (paid["status"], paid["amount_received"], paid["latest_charge"]["paid"]) == ("succeeded", 1234, True)
    assert stripe.get(f"{SESSIONS}/{session['id']}")[1]["payment_status"] == "paid"
    assert events(stripe) == [
        *("payment_intent.created", "charge.pending", "payment_intent.processing", "checkout.session.completed"),
        *("charge.succeeded", "payment_intent.succeeded", "checkout.session.async_payment_succeeded"),
    ]


def test_a_debit_may_fail_days_later(till, stripe, session):
    till.submit(session["url"], {"iban": EMPTY})
    answer_of_the_bank(till, stripe, session)
    failed = intent_of(stripe, session)
    assert (failed["status"], failed["amount_received"]) == ("requires_payment_method", 0)
    assert failed["last_payment_error"]["code"] == "insufficient_funds"
    assert failed["latest_charge"]["failure_code"] == "insufficient_funds"
    assert events(stripe)[-1] == "checkout.session.async_payment_failed"


def test_only_euros_are_debited_and_only_from_accounts_for_tests(till, stripe, order, session):
    assert till.submit(session["url"], {"iban": "DE89370400440532013000"})[0] == 422
    dollars = stripe.post(SESSIONS, order | {"line_items[0][price_data][currency]": "usd"})[1]
    assert "IBAN" not in stripe.get(urlsplit(dollars["url"]).path)[1]
    assert till.submit(dollars["url"], {"iban": GOOD})[0] == 409


def answer_of_the_bank(till, stripe, session):
    till.control(clock_offset_seconds=61)
    while intent_of(stripe, session)["status"] == "processing":
        pass
