import json
import time

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from models.database import session
from models.payments import WebhookEvent
from standin.courier import sign

SECRET = "whsec_tests"
EVENT = {
    "id": "evt_1",
    "object": "event",
    "type": "checkout.session.completed",
    "api_version": "2026-05-27.dahlia",
    "created": 1_700_000_000,
    "livemode": False,
    "pending_webhooks": 1,
    "request": None,
    "data": {"object": {"id": "cs_test_unknown", "object": "checkout.session"}},
}


def deliver(
    client: FlaskClient, event: dict[str, object], *, secret: str = SECRET, seconds_old: int = 0
) -> TestResponse:
    body = json.dumps(event).encode()
    signature = sign(body, [secret], int(time.time()) - seconds_old)
    return client.post("/webhooks/stripe", data=body, headers={"Stripe-Signature": signature})


def kept() -> list[str]:
    return list(session.scalars(select(WebhookEvent.event_id)))


def test_an_event_is_kept_once_however_often_it_comes(client: FlaskClient) -> None:
    assert [deliver(client, EVENT).status_code for _ in range(3)] == [200, 200, 200]
    assert kept() == ["evt_1"]


def test_a_forged_event_is_refused(client: FlaskClient) -> None:
    assert deliver(client, EVENT, secret="whsec_other").status_code == 400
    assert client.post("/webhooks/stripe", data=json.dumps(EVENT)).status_code == 400
    assert kept() == []


def test_an_old_event_that_is_played_again_is_refused(client: FlaskClient) -> None:
    assert deliver(client, EVENT, seconds_old=301).status_code == 400
    assert kept() == []


def test_an_event_of_the_live_mode_is_refused(client: FlaskClient) -> None:
    assert deliver(client, {**EVENT, "livemode": True}).status_code == 409
    assert kept() == []
