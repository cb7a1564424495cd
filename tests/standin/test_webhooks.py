import hashlib
import hmac
import json
import time

import pytest

PAID = ["payment_intent.succeeded", "checkout.session.completed"]


def wait_until(holds):
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "waited ten seconds in vain"
        time.sleep(0.01)


@pytest.fixture
def pay(till, stripe, order):
    def pay():
        _, session = stripe.post("/v1/checkout/sessions", order)
        till.press_pay(session["url"])
        return session["id"]

    return pay


def test_events_arrive_signed_with_the_body_they_sign(till, receiver, pay):
    session_id = pay()
    wait_until(lambda: len(receiver.received) == 2)
    assert receiver.types == PAID
    body, signature = receiver.received[1]
    stamp, digest = signature.removeprefix("t=").split(",v1=")
    assert abs(time.time() - int(stamp)) < 60
    assert digest == hmac.new(b"whsec_standin", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    event = json.loads(body)
    assert (event["data"]["object"]["id"], event["api_version"]) == (session_id, "2026-05-27.dahlia")
    assert event["livemode"] is False


def test_an_event_is_sent_again_until_it_is_taken(till, receiver, pay):
    till.control(webhooks={"retry_after_seconds": [0.01, 0.01]})
    receiver.statuses = [500, 302, 200, 200]
    pay()
    wait_until(lambda: all(delivery["done"] for delivery in till.control()["deliveries"]))
    assert sorted(receiver.types) == sorted([PAID[0], *PAID, PAID[1]])
    assert [delivery["last_answer"] for delivery in till.control()["deliveries"]] == ["200", "200"]


def test_an_event_is_given_up_after_the_last_try(till, receiver, pay):
    till.control(webhooks={"retry_after_seconds": [0.01]})
    receiver.statuses = [500] * 4
    pay()
    wait_until(lambda: all(delivery["done"] for delivery in till.control()["deliveries"]))
    assert [delivery["tries"] for delivery in till.control()["deliveries"]] == [2, 2]


def test_dropped_events_never_arrive_but_stand_in_the_list(till, stripe, receiver, pay):
    till.control(webhooks={"drop_next": 2})
    pay()
    pay()
    wait_until(lambda: len(receiver.received) == 2)
    assert len(till.control()["deliveries"]) == 2
    assert len(stripe.get("/v1/events?type=checkout.session.completed")[1]["data"]) == 2


def test_duplicated_events_are_the_same_event(till, receiver, pay):
    till.control(webhooks={"copies": 3})
    pay()
    wait_until(lambda: len(receiver.received) == 6)
    assert len({json.loads(body)["id"] for body, _ in receiver.received}) == 2


def test_delayed_events_wait(till, receiver, pay):
    till.control(webhooks={"delay_seconds": 0.4})
    before = time.monotonic()
    pay()
    wait_until(lambda: len(receiver.received) == 2)
    assert time.monotonic() - before >= 0.4


def test_shuffled_events_lose_their_order_and_none_is_lost(till, receiver, pay):
    till.control(webhooks={"delay_seconds": 0.3, "shuffle": True})
    for _ in range(8):
        pay()
    wait_until(lambda: len(receiver.received) == 16)
    arrived = [json.loads(body)["id"] for body, _ in receiver.received]
    sent = [delivery["event_id"] for delivery in till.control()["deliveries"]]
    assert sorted(arrived) == sorted(sent)
    assert arrived != sent


def test_an_event_can_be_sent_again_by_hand(till, receiver, pay):
    pay()
    wait_until(lambda: len(receiver.received) == 2)
    till.control(send_again=json.loads(receiver.received[0][0])["id"])
    wait_until(lambda: len(receiver.received) == 3)
    assert receiver.received[2][0] == receiver.received[0][0]


def test_a_product_that_is_down_gets_its_events_when_it_is_back(till, receiver, pay):
    there = till.control()["webhooks"]["url"]
    till.control(webhooks={"url": "http://127.0.0.1:9/", "retry_after_seconds": [0.1] * 50})
    pay()
    wait_until(lambda: any(delivery["tries"] for delivery in till.control()["deliveries"]))
    till.control(webhooks={"url": there})
    wait_until(lambda: receiver.types == PAID)


def test_a_session_that_runs_out_is_told_without_anybody_looking(till, stripe, receiver, order):
    stripe.post("/v1/checkout/sessions", order)
    till.control(clock_offset_seconds=86_400)
    wait_until(lambda: receiver.types == ["checkout.session.expired"])
