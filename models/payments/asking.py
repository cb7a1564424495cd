"""From the click on "Pay" to Stripe's page: look, record the intent, then call."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import select

from models import audit, holds, invoices, ledger
from models.audit import Actor
from models.customers import lock_account
from models.database import session
from models.errors import N_, Refused
from models.gateways.stripe import (
    CheckoutLine,
    GatewayError,
    RefusedByGateway,
    StoredFailure,
    Unanswered,
    checkout_request,
)
from models.holds import HoldKind
from models.money import Money, total
from models.payments.attempts import FINAL, Attempt, AttemptLine, AttemptState, GatewayObject, find
from models.payments.syncing import sync
from models.policies import payment_limits
from models.transactions import transaction

if TYPE_CHECKING:
    from models.gateways.stripe import StripeGateway

LIVES = timedelta(minutes=35)  # Stripe refuses less than 30; the rest is for the way there.
ASK_AGAIN = timedelta(minutes=2)  # After this the sweep looks at what has had no answer.


class NotPayable(Refused):
    pass


class PaymentPageUnreachable(Refused):
    """Nothing was charged: Stripe's page could not be opened now."""


@dataclass(frozen=True, slots=True)
class PayableItem:
    """An open item as a payer sees it. `payable` is what is open, less what other payments may still take."""

    entry_id: int
    number: str
    due_on: date
    open: Money
    payable: Money


def payable_item(customer_id: int, entry_id: int, on: date) -> PayableItem | None:
    row = session.execute(
        select(ledger.Entry.open_minor, ledger.Entry.currency, ledger.Entry.due_on, invoices.Invoice.number_as_written)
        .outerjoin(
            invoices.Invoice,
            (invoices.Invoice.customer_id == ledger.Entry.customer_id)
            & (invoices.Invoice.id == ledger.Entry.invoice_id),
        )
        .where(
            ledger.Entry.customer_id == customer_id,
            ledger.Entry.id == entry_id,
            ledger.Entry.side == ledger.Side.DEBIT,
        )
    ).one_or_none()
    if row is None:
        return None
    open_minor, currency, due_on, number = row
    if open_minor is None or due_on is None:
        return None
    taken = holds.in_flight(customer_id, on).get(entry_id, 0)
    return PayableItem(
        entry_id, number or "", due_on, Money(open_minor, currency), Money(max(open_minor - taken, 0), currency)
    )


def check_amount(amount: Money, item: PayableItem) -> None:
    """
    :raises NotPayable: less than nothing or more than is payable.
    :raises models.policies.payment_limits.AmountOutsideLimits: Stripe takes no such amount.
    """
    if not item.payable:
        raise NotPayable(N_("There is nothing to pay on this item now."))
    if amount > item.payable or amount.minor <= 0:
        raise NotPayable(N_("Enter an amount up to %(most)s."), most=item.payable)
    payment_limits.check(amount)


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
) -> Attempt:
    """
    Record the intent to pay, with the exact body for Stripe, and hold the amounts. `{attempt}` in `success_url`
    becomes the attempt's id.

    :raises NotPayable: an item has less to pay than asked, also when another payment was quicker.
    """
    currency = lines[0][1].currency
    lock_account(customer_id, currency)
    for entry_id, amount in lines:
        item = payable_item(customer_id, entry_id, on)
        if item is None:
            raise NotPayable(N_("There is nothing to pay on this item now."))
        check_amount(amount, item)
    whole = total((amount for _, amount in lines), currency)
    attempt_id = uuid4()
    expires_at = now + LIVES
    attempt = Attempt(
        customer_id=customer_id,
        id=attempt_id,
        contact_id=by.id,
        kind="checkout",
        currency=currency,
        amount_minor=whole.minor,
        state=AttemptState.CREATED,
        request_json=json.dumps(
            checkout_request(
                attempt_id=str(attempt_id),
                lines=[CheckoutLine(description, amount) for _, amount in lines],
                description=description,
                success_url=success_url.replace("{attempt}", str(attempt_id)),
                cancel_url=cancel_url,
                expires_at=expires_at,
                language=language,
            )
        ),
        asked_at=now,
        expires_at=expires_at,
        next_try_at=now + ASK_AGAIN,
    )
    session.add(attempt)
    session.flush()
    for entry_id, amount in lines:
        session.add(
            AttemptLine(customer_id=customer_id, attempt_id=attempt_id, entry_id=entry_id, amount_minor=amount.minor)
        )
        holds.add(
            customer_id,
            HoldKind.IN_FLIGHT,
            source=attempt.source,
            currency=currency,
            on=on,
            now=now,
            entry_id=entry_id,
            amount=amount,
        )
    audit.record(
        customer_id,
        "payment.asked",
        by=by,
        now=now,
        about=attempt.source,
        facts={"amount": whole, "entries": [entry_id for entry_id, _ in lines]},
    )
    return attempt


def submit(customer_id: int, attempt_id: UUID, *, gateway: "StripeGateway", now: Callable[[], datetime]) -> str:
    """
    Send the stored request and return the address of Stripe's page. No transaction is open across the call.

    :raises PaymentPageUnreachable: no answer, or none that says yes; the sweep finds out what became of it.
    """
    with transaction():
        attempt = session.get_one(Attempt, (customer_id, attempt_id), with_for_update=True)
        if attempt.state is AttemptState.CREATED:
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
        with transaction():
            close_unsent(customer_id, attempt_id, now=now())
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


def close_unsent(customer_id: int, attempt_id: UUID, *, now: datetime) -> None:
    """A definite no from Stripe: nothing was made there, so nothing is held here."""
    attempt = session.get_one(Attempt, (customer_id, attempt_id))
    lock_account(customer_id, attempt.currency)
    session.refresh(attempt)
    if attempt.state not in FINAL:
        attempt.move_to(AttemptState.FAILED)
        holds.end(customer_id, attempt.source, on=now.date(), now=now)


def give_up_open(customer_id: int, contact_id: int, *, gateway: "StripeGateway", now: Callable[[], datetime]) -> None:
    """
    Expire the contact's former Checkout sessions: at most one is open per contact, so that going back and paying
    again never pays twice. One that was paid meanwhile is synced instead, and stands.
    """
    query = select(Attempt.id).where(
        Attempt.customer_id == customer_id, Attempt.contact_id == contact_id, Attempt.state == AttemptState.OPEN
    )
    for attempt_id in session.scalars(query).all():
        attempt = find(customer_id, attempt_id)
        session_id = attempt.session_id if attempt else None
        session.rollback()  # No transaction stays open across the calls.
        try:
            if session_id:
                with suppress(RefusedByGateway):  # No longer open: somebody may have paid, which `sync` finds out.
                    gateway.expire_session(session_id)
            sync(customer_id, attempt_id, gateway=gateway, now=now)
        except GatewayError:
            continue  # Its amounts stay held until the sweep knows more.
