"""Money by a kept method while nobody is there: asked for under the account's lock, sent once, settled by `sync`."""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from models import audit, company
from models.audit import Actor
from models.customers import lock_account
from models.database import session
from models.errors import N_, Refused
from models.gateways.stripe import GatewayError, RefusedByGateway, StoredFailure, Unanswered
from models.gateways.stripe_methods import Declined
from models.gateways.stripe_requests import charge_request
from models.money import Money, total
from models.payments import consents, methods
from models.payments.asking import ASK_AGAIN, SEND_AGAIN_FOR, close_refused, hold
from models.payments.attempts import OFF_SESSION, Attempt, AttemptState, GatewayObject, lines_of
from models.payments.introducing import stripe_id_of
from models.payments.looking import of_payment
from models.payments.methods import MethodNotUsable, SavedMethod
from models.payments.payable import NotPayable, asked_for, check_instalment, payable_items
from models.payments.syncing import merge, sync
from models.policies import payment_limits
from models.transactions import transaction

if TYPE_CHECKING:
    from models.gateways.stripe import StripeGateway


def request_charge(
    customer_id: int,
    lines: Sequence[tuple[int, Money]],
    *,
    instalment_id: int | None,
    method: int,
    consent: int,
    description: str,
    by: Actor,
    on: date,
    now: datetime,
) -> Attempt:
    """
    Record the intent to charge a kept method for items of one customer (entry and amount), with the exact body for
    Stripe, and hold the amounts. It serves what the consent is about. `description` is what Stripe shows of it.

    :raises NoConsent: nobody agreed to it, or the permission was taken back.
    :raises MethodNotUsable: the card or account was removed, has run out, or its bank will have no more charges.
    :raises NotPayable: an item has less to take than asked: it is paid, on its way, disputed or paused; or another
        payment of the same instalment is on its way or has arrived.
    :raises models.policies.payment_limits.AmountOutsideLimits: Stripe takes no such amount.
    """
    whole = total((amount for _, amount in lines), lines[0][1].currency)
    lock_account(customer_id, whole.currency)
    agreed = consents.check(consent, customer_id, method)
    kept = methods.usable(customer_id, method, on)
    check_instalment(customer_id, instalment_id)
    for item, amount in asked_for(customer_id, lines, on):
        if amount > item.chargeable:
            raise NotPayable(N_("Only %(most)s of this item may be charged now."), most=item.chargeable)
    payment_limits.check(whole)
    attempt = _record(whole, kept, description, now=now)
    attempt.contact_id, attempt.consent_id, attempt.about = agreed.contact_id, agreed.id, agreed.about
    attempt.instalment_id = instalment_id
    session.add(attempt)
    session.flush()
    hold(attempt, lines, on=on, now=now)
    facts = {
        "amount": whole,
        "entries": [entry_id for entry_id, _ in lines],
        "consent": agreed.id,
        "method": kept.id,
        "instalment": instalment_id,
    }
    audit.record(customer_id, "payment.charge_asked", by=by, now=now, about=attempt.source, facts=facts)
    return attempt


def _record(whole: Money, kept: SavedMethod, description: str, *, now: datetime) -> Attempt:
    customer, attempt_id = stripe_id_of(kept.customer_id), uuid4()
    if customer is None:
        raise MethodNotUsable(N_("This card or account can no longer be charged."))
    body = charge_request(
        attempt_id=str(attempt_id),
        amount=whole,
        customer=customer,
        method_id=kept.stripe_id,
        method_kind=kept.kind.value,
        description=description,
    )
    return Attempt(
        customer_id=kept.customer_id,
        id=attempt_id,
        kind=OFF_SESSION,
        method_id=kept.id,
        currency=whole.currency,
        amount_minor=whole.minor,
        state=AttemptState.CREATED,
        request_json=json.dumps(body),
        asked_at=now,
        expires_at=now,
        next_try_at=now + ASK_AGAIN,
    )


def submit_charge(
    customer_id: int, attempt_id: UUID, *, gateway: "StripeGateway", now: Callable[[], datetime]
) -> AttemptState:
    """
    Send the stored request and enter the answer. No transaction is open across the calls. What had no answer stays
    `submitted` and is found out by the sweep: it may be sent again, because key and body are the same.

    :raises models.states.IllegalTransition: it has ended, or its answer is known.
    """
    with transaction():
        attempt = session.get_one(Attempt, (customer_id, attempt_id), with_for_update=True, populate_existing=True)
        if attempt.state is not AttemptState.SUBMITTED:
            attempt.move_to(AttemptState.SUBMITTED)
            attempt.sent_at = now()
        body = attempt.request_json
    try:
        answer = gateway.charge(body, idempotency_key=str(attempt_id))
        if isinstance(answer, Declined):
            return _declined(customer_id, attempt_id, answer, gateway=gateway, now=now)
    except (Unanswered, StoredFailure):
        return AttemptState.SUBMITTED
    except RefusedByGateway as error:
        return close_refused(customer_id, attempt_id, error.code, now=now())
    with transaction():
        return merge(customer_id, attempt_id, of_payment(answer), live=gateway.live, now=now()).state


def _declined(
    customer_id: int, attempt_id: UUID, answer: Declined, *, gateway: "StripeGateway", now: Callable[[], datetime]
) -> AttemptState:
    """The reason is written down at once; it has failed when the payment is canceled, so that nobody can confirm it."""
    if not answer.payment_id:
        return close_refused(customer_id, attempt_id, answer.code, now=now())
    with transaction():
        attempt = session.get_one(Attempt, (customer_id, attempt_id), with_for_update=True, populate_existing=True)
        if not attempt.is_final:
            attempt.decline_code = answer.code
        if attempt.payment_intent_id is None:
            attempt.payment_intent_id = answer.payment_id
            session.add(GatewayObject(object_id=answer.payment_id, customer_id=customer_id, attempt_id=attempt_id))
    try:
        return sync(customer_id, attempt_id, gateway=gateway, now=now)
    except GatewayError:
        return AttemptState.SUBMITTED


def find_charge(customer_id: int, attempt_id: UUID, *, gateway: "StripeGateway", now: Callable[[], datetime]) -> None:
    """
    Find out what became of a charge whose answer was lost: look the payment up by its attempt, and where there is none
    ask for it again with the same key and body, while Stripe is sure to remember the key and nobody has objected. What
    is not asked for again is forgotten when Stripe forgets the key.

    :raises models.gateways.stripe.GatewayError: still unknown.
    """
    state = sync(customer_id, attempt_id, gateway=gateway, now=now)
    with transaction():
        wanted = state is AttemptState.SUBMITTED and _may_go_again(customer_id, attempt_id, now())
    if wanted:
        submit_charge(customer_id, attempt_id, gateway=gateway, now=now)


def _may_go_again(customer_id: int, attempt_id: UUID, now: datetime) -> bool:
    """Under the account's lock: what was agreed and free when it was asked for still is."""
    attempt = session.get_one(Attempt, (customer_id, attempt_id))
    lock_account(customer_id, attempt.currency)
    session.refresh(attempt)
    on, lines = company.get().today(now), {line.entry_id: line.amount_minor for line in lines_of(attempt)}
    if attempt.state is not AttemptState.SUBMITTED or now - attempt.asked_at >= SEND_AGAIN_FOR:
        return False
    try:
        consents.check(attempt.consent_id or 0, customer_id, attempt.method_id or 0)
        methods.usable(customer_id, attempt.method_id or 0, on)
    except Refused:
        return False
    items = payable_items(customer_id, on, among=list(lines))
    return all(lines[item.entry_id] <= item.unheld.minor for item in items)
