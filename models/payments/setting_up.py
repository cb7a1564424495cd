"""A card or an account given without a payment, on a page of Stripe's that takes no money."""

import json
from datetime import datetime
from uuid import uuid4

from models import audit
from models.audit import Actor, ActorKind
from models.customers import lock_account
from models.database import session
from models.gateways.stripe_requests import setup_request
from models.payments.asking import ASK_AGAIN, LIVES
from models.payments.attempts import SETUP, Attempt, AttemptState
from models.payments.introducing import introduced


def request_setup(
    customer_id: int,
    currency: str,
    *,
    by: Actor,
    now: datetime,
    success_url: str,
    cancel_url: str,
    language: str,
    about: str = "",
) -> Attempt:
    """
    Record the intent to keep a card or an account of a customer who was introduced to Stripe; `submit` opens the page.
    `{attempt}` in `success_url` becomes the attempt's id. What can be given follows the currency.

    :raises PaymentPageUnreachable: Stripe does not know the customer yet: `introduce` goes before.
    """
    customer = introduced(customer_id)
    lock_account(customer_id, currency)
    attempt_id = uuid4()
    body = setup_request(
        attempt_id=str(attempt_id),
        currency=currency,
        customer=customer,
        success_url=success_url.replace("{attempt}", str(attempt_id)),
        cancel_url=cancel_url,
        expires_at=now + LIVES,
        language=language,
    )
    attempt = Attempt(
        customer_id=customer_id,
        id=attempt_id,
        contact_id=by.id if by.kind is ActorKind.CONTACT else None,
        kind=SETUP,
        about=about,
        currency=currency,
        amount_minor=0,
        state=AttemptState.CREATED,
        request_json=json.dumps(body),
        asked_at=now,
        expires_at=now + LIVES,
        next_try_at=now + ASK_AGAIN,
    )
    session.add(attempt)
    audit.record(customer_id, "method.asked", by=by, now=now, about=attempt.source, facts={"about": about})
    return attempt
