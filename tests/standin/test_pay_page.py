from urllib.parse import urlsplit

import pytest

SESSIONS = "/v1/checkout/sessions"
FORM = {"Content_Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def session(stripe, order):
    return stripe.post(SESSIONS, order)[1]


@pytest.fixture
def page(session):
    return urlsplit(session["url"]).path


def events(stripe):
    return [event["type"] for event in stripe.get("/v1/events?limit=100")[1]["data"]][::-1]


def test_every_page_says_that_it_is_a_stand_in(stripe, page):
    for path in ("/", page, "/nothing", "/pay/cs_test_none"):
        assert "no real money" in stripe.get(path)[1]


def test_it_is_well_on_an_empty_book(stripe):
    assert stripe.get("/healthz")[0] == 200
    assert "Nobody has been sent here" in stripe.get("/")[1]
    for path in ("/static/standin.css", "/static/icon.svg"):
        assert stripe.get(path)[0] == 200


def test_the_page_shows_amount_lines_and_both_ways_out(stripe, page):
    _, html = stripe.get(page)
    assert "12.34 EUR" in html
    assert "Invoice &lt;7&gt; &amp; more" in html
    assert 'href="http://shop.test/back"' in html
    assert "<script" not in html
    policy = stripe.headers["Content-Security-Policy"]
    assert "form-action 'self' http://shop.test" in policy
    assert "script" not in policy


def test_paying_makes_payment_charge_and_balance_and_tells_in_order(till, stripe, session):
    assert till.press_pay(session["url"]) == (303, f"http://shop.test/done?cs={session['id']}")
    _, paid = stripe.get(f"{SESSIONS}/{session['id']}?expand[]=payment_intent.latest_charge")
    intent = paid["payment_intent"]
    assert (paid["status"], paid["payment_status"], paid["url"]) == ("complete", "paid", None)
    assert (intent["status"], intent["amount_received"], intent["metadata"]) == ("succeeded", 1234, {"attempt": "a-1"})
    assert (intent["latest_charge"]["paid"], intent["latest_charge"]["amount_captured"]) == (True, 1234)
    assert events(stripe) == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


def test_paying_twice_takes_the_money_once(till, stripe, session):
    first = till.press_pay(session["url"])
    assert till.press_pay(session["url"]) == first
    assert till.control()["counts"]["charge"] == 1


@pytest.mark.parametrize(
    ("number", "code", "decline_code"),
    [
        ("4000 0000 0000 0002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000000069", "expired_card", None),
    ],
)
def test_a_declined_card_leaves_the_page_open_for_another(till, stripe, session, page, number, code, decline_code):
    assert till.press_pay(session["url"], number) == (303, page)
    assert "Nothing was taken" in stripe.get(page)[1]
    _, declined = stripe.get(f"{SESSIONS}/{session['id']}?expand[]=payment_intent")
    error = declined["payment_intent"]["last_payment_error"]
    assert (declined["status"], declined["payment_intent"]["status"]) == ("open", "requires_payment_method")
    assert (error["code"], error.get("decline_code")) == (code, decline_code)
    assert till.press_pay(session["url"])[1].startswith("http://shop.test/done")
    _, paid = stripe.get(f"{SESSIONS}/{session['id']}?expand[]=payment_intent")
    assert paid["payment_intent"]["id"] == declined["payment_intent"]["id"]
    assert paid["payment_intent"]["last_payment_error"] is None
    assert events(stripe)[:3] == ["payment_intent.created", "charge.failed", "payment_intent.payment_failed"]


def test_a_card_number_that_is_not_published_is_neither_taken_nor_shown_nor_kept(till, stripe, session, page):
    real = "4929000000006"
    assert till.press_pay(session["url"], real)[0] == 422
    status, html = stripe.post(page, {"number": real, "expiry": "12 / 20", "cvc": "1"}, **FORM)
    assert status == 422
    assert real not in html
    assert html.count("Error:") == 3
    assert till.control()["counts"]["charge"] == 0
    assert real.encode() not in b"".join(path.read_bytes() for path in till.app.account.home.iterdir())


def test_an_expired_session_says_so_and_takes_nothing(till, stripe, session, page):
    till.press_pay(session["url"], "4000000000000002")
    stripe.post(f"{SESSIONS}/{session['id']}/expire", {})
    assert "has expired" in stripe.get(page)[1]
    assert till.press_pay(session["url"])[0] == 409
    assert till.control()["counts"]["charge"] == 1
    assert stripe.get("/v1/payment_intents")[1]["data"][0]["status"] == "canceled"


def test_a_paid_session_says_so(till, stripe, session, page):
    till.press_pay(session["url"])
    status, html = stripe.get(page)
    assert (status, "has been made" in html) == (200, True)
    assert "paid" in stripe.get("/")[1]


@pytest.mark.parametrize(
    ("currency", "amount", "shown"),
    [("jpy", "5000", "5,000 JPY"), ("kwd", "12340", "12.340 KWD"), ("eur", "50", "0.50 EUR")],
)
def test_amounts_are_read_with_the_decimals_of_their_currency(stripe, order, currency, amount, shown):
    line = "line_items[0][price_data]"
    _, session = stripe.post(SESSIONS, order | {f"{line}[currency]": currency, f"{line}[unit_amount]": amount})
    assert f'<h1 id="amount">{shown}</h1>' in stripe.get(urlsplit(session["url"]).path)[1]


def test_a_card_of_3d_secure_is_charged_only_after_the_bank_was_answered(till, stripe, session):
    assert till.press_pay(session["url"], "4000002500003155") == (303, f"/pay/{session['id']}/authenticate")
    assert "Is it you" in stripe.get(f"/pay/{session['id']}/authenticate")[1]
    assert stripe.get("/v1/charges")[1]["data"] == []
    [intent] = stripe.get("/v1/payment_intents")[1]["data"]
    assert (intent["status"], intent["next_action"]["type"]) == ("requires_action", "use_stripe_sdk")
    assert till.authenticate(session["url"]) == (303, f"http://shop.test/done?cs={session['id']}")
    assert till.authenticate(session["url"])[0] in (200, 303), "a second answer changes nothing"
    assert [charge["paid"] for charge in stripe.get("/v1/charges")[1]["data"]] == [True]


@pytest.mark.parametrize(
    ("number", "passed", "words"),
    [("4000002760003184", False, "could not confirm that it is you"), ("4000008260003178", True, "insufficient funds")],
)
def test_a_refused_question_takes_nothing_and_the_page_says_so(till, stripe, session, page, number, passed, words):
    till.press_pay(session["url"], number)
    assert till.authenticate(session["url"], passed=passed) == (303, page)
    assert words in stripe.get(page)[1]
    assert till.press_pay(session["url"])[0] == 303
    assert stripe.get(f"{SESSIONS}/{session['id']}")[1]["payment_status"] == "paid"


@pytest.mark.parametrize(
    ("iban", "ends", "told"),
    [
        ("AT611904300234573201", ("succeeded", "paid"), "checkout.session.async_payment_succeeded"),
        ("AT861904300235473202", ("requires_payment_method", "unpaid"), "checkout.session.async_payment_failed"),
        ("AT591904300235473203", ("succeeded", "paid"), "charge.dispute.closed"),
    ],
)
def test_a_debit_is_instructed_now_and_decided_later(till, stripe, session, iban, ends, told):
    assert till.press_pay(session["url"], iban)[0] == 303
    found = stripe.get(f"{SESSIONS}/{session['id']}?expand[]=payment_intent")[1]
    assert (found["status"], found["payment_status"], found["payment_intent"]["status"]) == (
        *("complete", "unpaid"),
        "processing",
    )
    till.control(clock_offset_seconds=60)
    found = stripe.get(f"{SESSIONS}/{session['id']}?expand[]=payment_intent")[1]
    assert (found["payment_intent"]["status"], found["payment_status"]) == ends
    assert told in events(stripe)


def test_only_invented_accounts_are_debited_and_only_in_euro(till, stripe, session, page, order):
    status, html = stripe.post(page, {"iban": "DE89370400440532013000"}, **FORM)
    assert (status, "Never type a real one" in html) == (422, True)
    dollars = stripe.post(SESSIONS, order | {"line_items[0][price_data][currency]": "usd"})[1]
    assert dollars["payment_method_types"] == ["card"]
    assert till.press_pay(dollars["url"], "AT611904300234573201")[0] == 409
