"""What is disputed goes out of payments that have begun: choices, requests that nobody has heard of, open pages."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from models import holds, jobs, ledger
from models.customers import merges
from models.database import session
from models.gateways.stripe import GatewayError
from models.holds import HoldKind
from models.payments.asking import give_up
from models.payments.attempts import PAGED, Attempt, AttemptLine, AttemptState
from models.payments.drafts import at_most
from models.payments.payable import GIVEN_UP, PaymentPageUnreachable
from models.payments.syncing import close
from models.transactions import transaction

if TYPE_CHECKING:
    from uuid import UUID

    from models.gateways.stripe import StripeGateway


def leave_out(customer_id: int, entry_id: int, *, on: date, now: datetime) -> None:
    """
    In the transaction that disputes a part of an item, whose account is locked: what somebody chose to pay shrinks to
    the rest, what was never sent to Stripe is never sent, and a page that asks for too much is closed by a job.
    """
    disputed, in_flight = _taken(customer_id, entry_id, on)
    item = ledger.entry_of(customer_id, entry_id)
    payers = [customer_id]
    if (merge := merges.living_merge(customer_id)) is not None:
        payers.append(merge.into_id)
    at_most(payers, entry_id, max(item.left.minor - disputed, 0), now=now)
    if disputed + in_flight <= item.left.minor:
        return
    for attempt in _asking(customer_id, entry_id, (AttemptState.CREATED,)):
        close(attempt, AttemptState.CANCELED, "disputed", now)
    if _asking(customer_id, entry_id, GIVEN_UP):
        jobs.later("payments.give_up_disputed", customer_id=customer_id, entry_id=entry_id)


def give_up_disputed(
    customer_id: int, entry_id: int, *, on: date, gateway: "StripeGateway", now: Callable[[], datetime]
) -> None:
    """
    Expire the open pages that ask for more of an item than is undisputed. One that was paid meanwhile is synced
    instead, and stands as the payer gave it.
    """
    for attempt_id in _too_much(customer_id, entry_id, on):
        with suppress(GatewayError, PaymentPageUnreachable):  # Its amounts stay held until the sweep knows more.
            give_up(customer_id, attempt_id, gateway=gateway, now=now)


def _too_much(customer_id: int, entry_id: int, on: date) -> "list[UUID]":
    with transaction():
        disputed, in_flight = _taken(customer_id, entry_id, on)
        if disputed + in_flight <= ledger.entry_of(customer_id, entry_id).left.minor:
            return []
        return [attempt.id for attempt in _asking(customer_id, entry_id, GIVEN_UP)]


def _taken(customer_id: int, entry_id: int, on: date) -> tuple[int, int]:
    """Minor units of an item that are disputed, and that payments on their way may still take."""
    living = [one for one in holds.living([customer_id], on) if one.entry_id == entry_id]
    disputed = sum(one.claimed_minor or 0 for one in living if one.kind == HoldKind.DISPUTE)
    return disputed, holds.in_flight_by_item(living).get(entry_id, 0)


def _asking(customer_id: int, entry_id: int, states: tuple[AttemptState, ...]) -> list[Attempt]:
    same = (AttemptLine.customer_id == Attempt.customer_id) & (AttemptLine.attempt_id == Attempt.id)
    query = select(Attempt).join(AttemptLine, same).where(Attempt.customer_id == customer_id)
    query = query.where(AttemptLine.entry_id == entry_id, Attempt.state.in_(states)).order_by(Attempt.asked_at)
    if states == GIVEN_UP:
        query = query.where(Attempt.kind.in_(PAGED))  # What was sent without a page cannot be taken back.
    return list(session.scalars(query.execution_options(populate_existing=True)))
