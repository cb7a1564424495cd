"""Cards and accounts that are kept, and charged when nobody is there, as the stand-in plays them."""

import pytest

import standin

SESSIONS, INTENTS = "/v1/checkout/sessions", "/v1/payment_intents"
IBAN = "AT611904300234573201"


@pytest.fixture
def customer(stripe):
    return stripe.post("/v1/customers", {"name": "Acme", "email": "ap@acme.test"})[1]["id"]


@pytest.fixture
def keep(till: standin.Running, stripe, customer):
    """Keep a card or an account without paying; the method, or None where its bank would not have it."""

    def keep(number="4242424242424242", passed=True):
        asked = {"mode": "setup", "currency": "eur", "customer": customer, "metadata[attempt]": "s"}
        asked |= {"setup_intent_data[metadata][attempt]": "s", "success_url": "http://shop.test/kept"}
        session = stripe.post(SESSIONS, asked)[1]
        status, leads_to = till.press_pay(session["url"], number)
        if leads_to.endswith("/authenticate"):
            till.authenticate(session["url"], passed=passed)
        assert status == 303
        expand = "expand[]=setup_intent.payment_method&expand[]=setup_intent.mandate"
        setup = stripe.get(f"{SESSIONS}/{session['id']}?{expand}")[1]["setup_intent"]
        return setup["payment_method"] if setup["status"] == "succeeded" else None

    return keep


@pytest.fixture
def charge(stripe, customer):
    def charge(method, key="k", amount="1000", **changes):
        asked = {"amount": amount, "currency": "eur", "customer": customer, "payment_method": method["id"]}
        asked |= {"payment_method_types[0]": method["type"], "off_session": "true", "confirm": "true"}
        return stripe.post(INTENTS, asked | {"metadata[attempt]": key} | changes, Idempotency_Key=key)

    return charge


def types(stripe):
    return [event["type"] for event in stripe.get("/v1/events?limit=100")[1]["data"]][::-1]


def test_a_payment_that_saves_its_card_attaches_it(till, stripe, order, customer, charge):
    saving = order | {"customer": customer, "payment_intent_data[setup_future_usage]": "off_session"}
    till.press_pay(stripe.post(SESSIONS, saving)[1]["url"])
    till.press_pay(stripe.post(SESSIONS, order | {"customer": customer})[1]["url"], "5555555555554444")
    [method] = stripe.get(f"/v1/payment_methods?customer={customer}")[1]["data"]
    assert (method["type"], method["card"]["last4"]) == ("card", "4242")
    assert "payment_method.attached" in types(stripe)
    status, intent = charge(method)
    assert (status, intent["status"], intent["amount_received"]) == (200, "succeeded", 1000)
    assert intent["payment_method"] == method["id"]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("4242424242424242", ""),
        ("4000002500003155", ""),
        ("4000002760003184", "authentication_required"),
        ("4000008260003178", "insufficient_funds"),
        ("4000000000000341", "generic_decline"),
    ],
)
def test_each_card_does_off_session_what_stripe_publishes(till, stripe, keep, charge, number, code):
    method = keep(number)
    status, answer = charge(method)
    assert (status, status == 200 and answer["status"]) == ((402, False) if code else (200, "succeeded"))
    if code:
        error = answer["error"]
        assert (error["type"], error["decline_code"]) == ("card_error", code)
        assert (error["payment_intent"]["status"], error["payment_method"]["id"]) == (
            "requires_payment_method",
            method["id"],
        )
        assert charge(method) == (402, answer), "a bank's no is kept under its key"
        assert len(stripe.get("/v1/charges")[1]["data"]) == 1
        assert stripe.post(f"{INTENTS}/{error['payment_intent']['id']}/cancel", {})[1]["status"] == "canceled"
        assert types(stripe)[-1] == "payment_intent.canceled"


def test_a_page_that_takes_no_money_says_so_at_every_step(till, stripe, customer):
    asked = {"mode": "setup", "currency": "eur", "customer": customer, "success_url": "http://shop.test/kept"}
    url = stripe.post(SESSIONS, asked)[1]["url"]
    page = url.removeprefix(till.url)
    assert "Nothing now" in stripe.get(page)[1]
    till.press_pay(url, "4000000000000002")
    assert "Nothing was taken. Try another card." in stripe.get(page)[1]
    till.press_pay(url, "4000002500003155")
    assert "who gives this card" in stripe.get(f"{page}/authenticate")[1]
    till.authenticate(url)
    assert "This has been kept" in stripe.get(page)[1]
    assert ">kept<" in stripe.get("/")[1]


@pytest.mark.parametrize("number", ["4000000000000002", "4000000000009987", "4000000000009979", "4000000000000119"])
def test_some_cards_cannot_be_kept(keep, number):
    assert keep(number) is None


def test_whoever_cannot_say_who_they_are_keeps_nothing(keep, stripe):
    assert keep("4000002500003155", passed=False) is None
    assert "setup_intent.setup_failed" in types(stripe)


def test_a_debit_by_mandate_is_decided_later_and_ends_with_its_mandate(till, stripe, keep, charge):
    method = keep(IBAN)
    mandate = stripe.get("/v1/setup_intents")[1]["data"][0]["mandate"]
    assert charge(method)[1]["status"] == "processing"
    till.control(decline={"method": method["id"], "code": "account_closed"})
    failing = charge(method, "k2")[1]
    till.control(clock_offset_seconds=60)
    [late, good] = stripe.get(INTENTS)[1]["data"]
    assert (good["status"], late["status"], late["id"]) == ("succeeded", "requires_payment_method", failing["id"])
    assert late["last_payment_error"]["decline_code"] == "account_closed"
    till.control(end_mandate=method["id"])
    assert stripe.get(f"/v1/mandates/{mandate}")[1]["status"] == "inactive"
    assert charge(method, "k3")[1]["error"]["code"] == "payment_intent_mandate_invalid"
    assert types(stripe)[-1] == "mandate.updated"


def test_what_happens_to_a_card_later_is_told_or_found_out(till, stripe, keep, charge):
    method = keep()
    till.control(decline={"method": method["id"], "code": "insufficient_funds", "times": 2})
    assert [charge(method, key)[0] for key in "abc"] == [402, 402, 200]
    till.control(replace_card={"method": method["id"], "last4": "1881", "exp_month": 1, "exp_year": 2040})
    assert stripe.get(f"/v1/payment_methods/{method['id']}")[1]["card"]["last4"] == "1881"
    assert types(stripe)[-1] == "payment_method.automatically_updated"
    till.control(expire_card={"method": method["id"], "exp_month": 1, "exp_year": 2020})
    assert charge(method, "d")[1]["error"]["code"] == "expired_card"


def test_a_detached_method_is_nobodys(stripe, keep, charge, customer):
    method = keep()
    assert stripe.post(f"/v1/payment_methods/{method['id']}/detach", {})[1]["customer"] is None
    assert stripe.post(f"/v1/payment_methods/{method['id']}/detach", {})[0] == 400
    assert stripe.get(f"/v1/payment_methods?customer={customer}")[1]["data"] == []
    assert charge(method)[1]["error"]["code"] == "resource_missing"


@pytest.mark.parametrize(
    "changes",
    [
        {"off_session": "false"},
        {"amount": "49"},
        {"customer": "cus_nobody"},
        {"payment_method": "pm_nobody"},
        {"payment_method_types[0]": "sepa_debit"},
        {"capture_method": "manual"},
    ],
)
def test_what_stripe_would_refuse_is_refused_and_charges_nothing(stripe, keep, charge, changes):
    method = keep()
    assert charge(method, **changes)[0] == 400
    assert stripe.get(INTENTS)[1]["data"] == []
