import threading
import time

import pytest

import standin

SESSIONS = "/v1/checkout/sessions"


def test_only_the_key_opens_the_account(stripe):
    assert stripe.get("/v1/charges")[0] == 200
    assert stripe.get("/v1/charges", Authorization="Bearer sk_test_other")[0] == 401
    assert stripe.get("/_control", Authorization="")[0] == 401


def test_another_version_of_the_api_is_refused(stripe):
    assert stripe.get("/v1/charges", Stripe_Version="2020-08-27")[0] == 400


def test_a_session_has_no_payment_before_somebody_pays(stripe, order):
    status, session = stripe.post(SESSIONS, order)
    assert (status, session["status"], session["payment_intent"]) == (200, "open", None)
    assert (session["amount_total"], session["currency"]) == (1234, "eur")
    assert session["success_url"].endswith("{CHECKOUT_SESSION_ID}")


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"mode": "subscription"}, "mode"),
        ({"mode": "setup"}, "line_items"),
        ({"payment_intent_data[setup_future_usage]": "off_session"}, "payment_intent_data[setup_future_usage]"),
        ({"colour": "red"}, "colour"),
        ({"payment_intent_data[capture_method]": "manual"}, "payment_intent_data[capture_method]"),
        ({"line_items[0][price_data][unit_amount]": "12.34"}, "line_items[0][price_data][unit_amount]"),
        ({"line_items[0][price_data][currency]": "kwd"}, "line_items[0][price_data][unit_amount]"),
        ({"line_items[0][price_data][unit_amount]": "49"}, None),
        ({"line_items[0][price_data][unit_amount]": "100000000"}, None),
        ({"expires_at": "1"}, "expires_at"),
        ({"locale": "fa"}, "locale"),
        ({"customer": "cus_nobody"}, "customer"),
    ],
)
def test_what_stripe_would_refuse_is_refused(stripe, order, changes, param):
    status, answer = stripe.post(SESSIONS, order | changes)
    assert status == 400
    assert answer["error"].get("param") == param
    assert stripe.get(SESSIONS)[1]["data"] == []


def test_a_session_takes_a_hundred_lines_of_one_currency(stripe, order):
    def line(place, currency):
        return {
            f"line_items[{place}][price_data][currency]": currency,
            f"line_items[{place}][price_data][unit_amount]": "100",
            f"line_items[{place}][price_data][product_data][name]": "x",
        }

    hundred = {name: value for place in range(1, 100) for name, value in line(place, "eur").items()}
    assert stripe.post(SESSIONS, order | hundred)[0] == 200
    assert stripe.post(SESSIONS, order | hundred | line(100, "eur"))[0] == 400
    assert stripe.post(SESSIONS, order | line(1, "usd"))[0] == 400


def test_a_customer_is_created_read_and_used(stripe, order):
    _, customer = stripe.post("/v1/customers", {"name": "Acme", "email": "ap@acme.test", "metadata[account]": "7"})
    assert stripe.get(f"/v1/customers/{customer['id']}")[1] == customer
    _, session = stripe.post(SESSIONS, order | {"customer": customer["id"]})
    assert session["customer"] == customer["id"]


def test_the_same_key_and_body_get_the_same_answer(stripe, order):
    first = stripe.post(SESSIONS, order, Idempotency_Key="k")
    assert stripe.headers["Idempotent-Replayed"] is None
    assert stripe.post(SESSIONS, order, Idempotency_Key="k") == first
    assert stripe.headers["Idempotent-Replayed"] == "true"
    assert len(stripe.get(SESSIONS)[1]["data"]) == 1


def test_the_same_key_with_another_body_or_address_is_refused(stripe, order):
    stripe.post(SESSIONS, order, Idempotency_Key="k")
    for path, params in ((SESSIONS, order | {"cancel_url": "http://else.test"}), ("/v1/customers", {"name": "A"})):
        status, answer = stripe.post(path, params, Idempotency_Key="k")
        assert (status, answer["error"]["type"]) == (400, "idempotency_error")


def test_a_refused_request_leaves_its_key_free(stripe, order):
    assert stripe.post(SESSIONS, order | {"mode": "x"}, Idempotency_Key="k")[0] == 400
    assert stripe.post(SESSIONS, order, Idempotency_Key="k")[0] == 200


def test_a_key_is_forgotten_after_a_day(till, stripe, order):
    _, first = stripe.post(SESSIONS, order, Idempotency_Key="k")
    till.control(clock_offset_seconds=86_401)
    assert stripe.post(SESSIONS, order, Idempotency_Key="k")[1]["id"] != first["id"]


def test_keys_outlive_a_restart(tmp_path, order, call_at):
    answers = []
    for _ in range(2):
        with standin.running(tmp_path) as running:
            answers.append(call_at(running.url).post(SESSIONS, order, Idempotency_Key="k"))
    assert answers[0] == answers[1]


def test_a_second_request_with_a_key_in_use_is_turned_away(till, stripe, order):
    till.control(faults=[{"kind": "slow", "seconds": 3.0}])
    answers = []
    first = threading.Thread(target=lambda: answers.append(stripe.post(SESSIONS, order, Idempotency_Key="k")))
    first.start()
    deadline = time.monotonic() + 10
    while not till.app.keys_in_use:
        assert time.monotonic() < deadline
    assert stripe.post(SESSIONS, order, Idempotency_Key="k")[0] == 409
    first.join()
    assert answers[0][0] == 200
    assert stripe.post(SESSIONS, order, Idempotency_Key="k")[0] == 200
    assert len(stripe.get(SESSIONS)[1]["data"]) == 1


@pytest.mark.parametrize(("kind", "made"), [("error_500", 0), ("error_500_done", 1)])
def test_a_failure_of_the_server_is_stored_and_repeated(till, stripe, order, kind, made):
    till.control(faults=[{"kind": kind}])
    first = stripe.post(SESSIONS, order, Idempotency_Key="k")
    assert first[0] == 500
    assert stripe.post(SESSIONS, order, Idempotency_Key="k") == first
    assert len(stripe.get(SESSIONS)[1]["data"]) == made
    assert stripe.post(SESSIONS, order, Idempotency_Key="other")[0] == 200


def test_a_lost_answer_is_there_when_asked_again(till, stripe, order):
    till.control(faults=[{"kind": "lost"}])
    with pytest.raises(ConnectionError):
        stripe.post(SESSIONS, order, Idempotency_Key="k")
    status, session = stripe.post(SESSIONS, order, Idempotency_Key="k")
    assert (status, stripe.headers["Idempotent-Replayed"]) == (200, "true")
    assert [found["id"] for found in stripe.get(SESSIONS)[1]["data"]] == [session["id"]]


def test_what_was_not_reached_or_turned_away_did_nothing(till, stripe, order):
    till.control(faults=[{"kind": "unreached"}, {"kind": "rate_limited"}])
    with pytest.raises(ConnectionError):
        stripe.post(SESSIONS, order, Idempotency_Key="k")
    assert stripe.post(SESSIONS, order, Idempotency_Key="k")[0] == 429
    assert stripe.get(SESSIONS)[1]["data"] == []
    assert stripe.post(SESSIONS, order, Idempotency_Key="k")[0] == 200


def test_lists_go_by_pages_from_the_newest(stripe, order):
    made = [stripe.post(SESSIONS, order)[1]["id"] for _ in range(5)][::-1]
    _, page = stripe.get(f"{SESSIONS}?limit=2")
    assert ([found["id"] for found in page["data"]], page["has_more"]) == (made[:2], True)
    _, page = stripe.get(f"{SESSIONS}?limit=3&starting_after={made[1]}")
    assert ([found["id"] for found in page["data"]], page["has_more"]) == (made[2:], False)
    _, page = stripe.get(f"{SESSIONS}?limit=2&ending_before={made[3]}")
    assert ([found["id"] for found in page["data"]], page["has_more"]) == (made[1:3], True)
    assert stripe.get(f"{SESSIONS}?starting_after=cs_test_none")[0] == 400


def test_lists_are_narrowed_by_time_and_field(till, stripe, order):
    _, old = stripe.post(SESSIONS, order)
    till.control(clock_offset_seconds=7200)
    _, new = stripe.post(SESSIONS, order)
    stripe.post(f"{SESSIONS}/{new['id']}/expire", {})
    assert [found["id"] for found in stripe.get(f"{SESSIONS}?created[gte]={new['created']}")[1]["data"]] == [new["id"]]
    assert [found["id"] for found in stripe.get(f"{SESSIONS}?created[lt]={new['created']}")[1]["data"]] == [old["id"]]
    assert [found["id"] for found in stripe.get(f"{SESSIONS}?status=expired")[1]["data"]] == [new["id"]]
    assert stripe.get(f"{SESSIONS}?colour=red")[0] == 400


def test_expanding_goes_through_objects_and_lists(till, stripe, order):
    _, session = stripe.post(SESSIONS, order)
    till.press_pay(session["url"])
    deep = "expand[]=payment_intent.latest_charge.balance_transaction"
    _, found = stripe.get(f"{SESSIONS}/{session['id']}?{deep}")
    money = found["payment_intent"]["latest_charge"]["balance_transaction"]
    assert (money["amount"], money["net"] + money["fee"]) == (1234, 1234)
    _, page = stripe.get("/v1/payment_intents?expand[]=data.latest_charge")
    assert page["data"][0]["latest_charge"]["paid"] is True
    assert stripe.get(f"{SESSIONS}/{session['id']}?expand[]=cancel_url")[0] == 400


def test_an_expired_session_cannot_be_expired_again(stripe, order):
    _, session = stripe.post(SESSIONS, order)
    status, expired = stripe.post(f"{SESSIONS}/{session['id']}/expire", {})
    assert (status, expired["status"], expired["url"]) == (200, "expired", None)
    assert stripe.post(f"{SESSIONS}/{session['id']}/expire", {})[0] == 400
    assert stripe.post(f"{SESSIONS}/cs_test_none/expire", {})[0] == 404


def test_a_session_runs_out_by_the_clock(till, stripe, order):
    _, session = stripe.post(SESSIONS, order)
    till.control(clock_offset_seconds=86_400)
    assert stripe.get(f"{SESSIONS}/{session['id']}")[1]["status"] == "expired"
    assert stripe.get("/v1/events")[1]["data"][0]["type"] == "checkout.session.expired"


def test_what_it_does_not_play_is_unknown(stripe):
    assert stripe.get("/v1/subscriptions")[0] == 404
    assert stripe.post("/v1/refunds", {"charge": "ch_1"})[0] == 404
    assert stripe.get("/v1/charges/ch_none")[0] == 404


def test_unknown_orders_to_the_control_are_refused(till):
    for orders in ({"colour": 1}, {"faults": [{"kind": "sulk"}]}, {"webhooks": {"secrets": []}}, {"send_again": "evt"}):
        with pytest.raises(ValueError, match=r"."):
            till.control(**orders)
