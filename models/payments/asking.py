"""From the click on "Pay" to Stripe's page: look, record the intent, then call."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import select

from models import audit, holds
from models.audit import Actor, ActorKind
from models.customers import lock_account, merges
from models.database import session
from models.errors import N_
from models.gateways.stripe import GatewayError, RefusedByGateway, StoredFailure, Unanswered
from models.gateways.stripe_requests import CheckoutLine, checkout_request
from models.holds import HoldKind
from models.money import Money, total
from models.payments.attempts import AHEAD, CHECKOUT, FINAL, Attempt, AttemptLine, AttemptState, GatewayObject
from models.payments.introducing import introduced
from models.payments.payable import (
    PaymentPageUnreachable,
    asked_for,
    check_instalment,
    check_undisputed,
    gives_up,
)
from models.payments.syncing import close, sync
from models.policies import payment_limits
from models.transactions import transaction

if TYPE_CHECKING:
    from models.gateways.stripe import StripeGateway

LIVES = timedelta(minutes=35)  # Stripe refuses less than 30; the rest is for the way there.
SEND_AGAIN_FOR = timedelta(hours=23)  # Stripe forgets a key after a day, and would take it for a new one.
ASK_AGAIN = timedelta(minutes=2)  # After this the sweep looks at what has had no answer.


@dataclass(frozen=True, slots=True)
class Purpose:
    """
    What a payment serves: `about` ('plans:7') hears of its end, `instalment_id` is the one instalment that it may pay.
    With `saves` the page keeps what is paid with for charges while nobody is there; the customer was introduced.
    """

    about: str = ""
    instalment_id: int | None = None
    saves: bool = False


@dataclass(frozen=True, slots=True)
class _Page:
    """What Stripe's page is told about itself."""

    success_url: str
    cancel_url: str
    description: str
    language: str


def request(
    customer_id: int,
    lines: Sequence[tuple[int, Money]],
    *,
    by: Actor,
    on: date,
    now: datetime,
    success_url: str,
    cancel_url: str,
    description: str,
    language: str,
    names: Mapping[int, str] | None = MappingProxyType({}),
    disputed: Mapping[int, int] = MappingProxyType({}),
    purpose: Purpose = Purpose(),
) -> Attempt:
    """
    Record the intent to pay items of one customer, with the exact body for Stripe, and hold the amounts. `{attempt}`
    in `success_url` becomes the attempt's id. `names` says what the pay page calls an item; `description` stands for
    the payment as a whole, and for all its items where they are too many to be listed, or nobody's to read (None).
    `disputed` is what the payer knows to be disputed, in minor units by entry: beyond it nothing disputed is asked for.

    :raises NotPayable: an item has less to pay than asked, also when another payment or a dispute was quicker; or
        another payment of the same instalment is on its way or has arrived.
    :raises PaymentPageUnreachable: something is to be kept for a customer whom Stripe does not know yet.
    """
    whole = total((amount for _, amount in lines), lines[0][1].currency)
    lock_account(customer_id, whole.currency)
    for item, amount in asked_for(customer_id, lines, on):
        check_undisputed(amount, item, disputed.get(item.entry_id, 0))
    check_instalment(customer_id, purpose.instalment_id)
    listed = [CheckoutLine(description, whole)]
    if names is not None and payment_limits.can_be_listed([amount for _, amount in lines]):
        listed = [CheckoutLine(names.get(entry_id, description), amount) for entry_id, amount in lines]
    page = _Page(success_url, cancel_url, description, language)
    attempt = _record(customer_id, whole, listed, page, kind=CHECKOUT, by=by, now=now, purpose=purpose)
    hold(attempt, lines, on=on, now=now)
    facts = {"amount": whole, "entries": [entry_id for entry_id, _ in lines]}
    audit.record(customer_id, "payment.asked", by=by, now=now, about=attempt.source, facts=facts)
    return attempt


def request_ahead(
    customer_id: int,
    amount: Money,
    *,
    by: Actor,
    now: datetime,
    success_url: str,
    cancel_url: str,
    description: str,
    language: str,
) -> Attempt:
    """As `request`, of money for no item yet: it waits unapplied on the account."""
    lock_account(customer_id, amount.currency)
    page = _Page(success_url, cancel_url, description, language)
    attempt = _record(customer_id, amount, [CheckoutLine(description, amount)], page, kind=AHEAD, by=by, now=now)
    facts = {"amount": amount, "entries": []}
    audit.record(customer_id, "payment.asked", by=by, now=now, about=attempt.source, facts=facts)
    return attempt


def _record(
    customer_id: int,
    whole: Money,
    listed: Sequence[CheckoutLine],
    page: _Page,
    *,
    kind: str,
    by: Actor,
    now: datetime,
    purpose: Purpose = Purpose(),
) -> Attempt:
    """:raises models.policies.payment_limits.AmountOutsideLimits: Stripe takes no such amount."""
    payment_limits.check(whole)
    attempt_id = uuid4()
    customer = introduced(customer_id) if purpose.saves else None
    attempt = Attempt(
        customer_id=customer_id,
        id=attempt_id,
        contact_id=by.id if by.kind is ActorKind.CONTACT else None,
        link_id=by.id if by.kind is ActorKind.LINK else None,
        kind=kind,
        about=purpose.about,
        instalment_id=purpose.instalment_id,
        currency=whole.currency,
        amount_minor=whole.minor,
        state=AttemptState.CREATED,
        request_json=json.dumps(_body(attempt_id, listed, page, customer, now + LIVES)),
        asked_at=now,
        expires_at=now + LIVES,
        next_try_at=now + ASK_AGAIN,
    )
    session.add(attempt)
    session.flush()
    return attempt


def _body(
    attempt_id: UUID, listed: Sequence[CheckoutLine], page: _Page, customer: str | None, expires_at: datetime
) -> dict[str, Any]:
    """`customer`: Stripe's id of whom it keeps for what is paid with."""
    return checkout_request(
        attempt_id=str(attempt_id),
        lines=listed,
        description=page.description,
        success_url=page.success_url.replace("{attempt}", str(attempt_id)),
        cancel_url=page.cancel_url,
        expires_at=expires_at,
        customer=customer,
        saves=customer is not None,
        language=page.language,
    )


def hold(attempt: Attempt, lines: Sequence[tuple[int, Money]], *, on: date, now: datetime) -> None:
    for entry_id, amount in lines:
        line = AttemptLine(
            customer_id=attempt.customer_id, attempt_id=attempt.id, entry_id=entry_id, amount_minor=amount.minor
        )
        session.add(line)
        holds.add(
            attempt.customer_id,
            HoldKind.IN_FLIGHT,
            source=attempt.source,
            currency=attempt.currency,
            on=on,
            now=now,
            entry_id=entry_id,
            amount=amount,
        )


def submit(customer_id: int, attempt_id: UUID, *, gateway: "StripeGateway", now: Callable[[], datetime]) -> str:
    """
    Send the stored request and return the address of Stripe's page. No transaction is open across the call. What had
    no answer may be sent again: key and body are the same, so Stripe opens one page at most.

    :raises PaymentPageUnreachable: no answer, or none that says yes; the sweep finds out what became of it.
    :raises models.states.IllegalTransition: it has ended, or its page is open.
    """
    with transaction():
        attempt = session.get_one(Attempt, (customer_id, attempt_id), with_for_update=True, populate_existing=True)
        if attempt.state is not AttemptState.SUBMITTED:
            attempt.move_to(AttemptState.SUBMITTED)
            attempt.sent_at = now()
        body = attempt.request_json
    try:
        opened = gateway.open_checkout(body, idempotency_key=str(attempt_id))
    except (Unanswered, StoredFailure) as error:
        raise PaymentPageUnreachable(
            N_("The payment page does not answer. Nothing was taken. Please try again in a few minutes.")
        ) from error
    except RefusedByGateway as error:
        close_refused(customer_id, attempt_id, error.code, now=now())
        raise PaymentPageUnreachable(
            N_("The payment page cannot be opened. Nothing was taken. Please pay by bank transfer, or ask us.")
        ) from error
    with transaction():
        lock_account(customer_id, attempt.currency)
        attempt = session.get_one(Attempt, (customer_id, attempt_id), populate_existing=True)
        if attempt.session_id is None:
            attempt.session_id, attempt.session_url = opened.id, opened.url
            session.add(GatewayObject(object_id=opened.id, customer_id=customer_id, attempt_id=attempt_id))
        if attempt.state is AttemptState.SUBMITTED:
            attempt.move_to(AttemptState.OPEN)
    return opened.url or success_address(attempt)


def success_address(attempt: Attempt) -> str:
    """Where a page that is no longer open sends the payer: to the result, which asks Stripe."""
    return str(json.loads(attempt.request_json)["success_url"])


def close_refused(customer_id: int, attempt_id: UUID, code: str, *, now: datetime) -> AttemptState:
    """A definite no from Stripe: nothing was made there, so nothing is held here."""
    with transaction():
        attempt = session.get_one(Attempt, (customer_id, attempt_id))
        lock_account(customer_id, attempt.currency)
        session.refresh(attempt)
        if attempt.state not in FINAL:
            close(attempt, AttemptState.FAILED, code or "refused", now)
        return attempt.state


def give_up_open(
    customer_id: int,
    contact_id: int | None,
    *,
    gateway: "StripeGateway",
    now: Callable[[], datetime],
    link_id: int | None = None,
) -> None:
    """
    Expire the payer's former Checkout sessions, and for a contact those of whoever pays by a link: at most one is open
    for each, so that going back and paying again never pays twice. One that was paid meanwhile is synced instead, and
    stands.
    """
    query = select(Attempt.customer_id, Attempt.id).where(
        Attempt.customer_id.in_(merges.family(customer_id)), gives_up(contact_id, link_id)
    )
    former = session.execute(query).all()
    session.rollback()  # No transaction stays open across the calls.
    for owner_id, attempt_id in former:
        with suppress(GatewayError, PaymentPageUnreachable):  # Its amounts stay held until the sweep knows more.
            give_up(owner_id, attempt_id, gateway=gateway, now=now)


def give_up(customer_id: int, attempt_id: UUID, *, gateway: "StripeGateway", now: Callable[[], datetime]) -> None:
    session_id = _page_of(customer_id, attempt_id)
    if session_id is None:
        find_page(customer_id, attempt_id, gateway=gateway, now=now)
        session_id = _page_of(customer_id, attempt_id)
    if session_id:
        with suppress(RefusedByGateway):  # No longer open: somebody may have paid, which `sync` finds out.
            gateway.expire_session(session_id)
        sync(customer_id, attempt_id, gateway=gateway, now=now)


def find_page(customer_id: int, attempt_id: UUID, *, gateway: "StripeGateway", now: Callable[[], datetime]) -> None:
    """
    Find out what became of a request whose answer was lost: look the page up by its attempt, and where there is none
    ask for it again with the same key and body, while Stripe is sure to remember the key.

    :raises models.gateways.stripe.GatewayError, PaymentPageUnreachable: still unknown, or a definite no.
    """
    state = sync(customer_id, attempt_id, gateway=gateway, now=now)
    attempt = session.get_one(Attempt, (customer_id, attempt_id))
    key_is_known = now() - attempt.asked_at < SEND_AGAIN_FOR
    session.rollback()
    if state is AttemptState.SUBMITTED and key_is_known:
        submit(customer_id, attempt_id, gateway=gateway, now=now)


def _page_of(customer_id: int, attempt_id: UUID) -> str | None:
    attempt = session.get_one(Attempt, (customer_id, attempt_id), populate_existing=True)
    session_id = attempt.session_id
    session.rollback()
    return session_id
