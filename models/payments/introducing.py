"""Customers as Stripe knows them: made there before anything can be kept for them."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from models import customers
from models.customers import Customer
from models.database import Base, session
from models.errors import N_
from models.gateways.stripe import GatewayError, StoredFailure
from models.gateways.stripe_requests import customer_request
from models.payments.payable import PaymentPageUnreachable
from models.transactions import transaction

if TYPE_CHECKING:
    from models.gateways.stripe import StripeGateway


class GatewayCustomer(Base):
    """
    One for each customer. `key` and `request_json` are sent as they stand until Stripe has answered; a customer that
    was made there and never heard of does no harm.
    """

    __tablename__ = "gateway_customers"

    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id), primary_key=True, autoincrement=False)
    key: Mapped[UUID]
    request_json: Mapped[str]
    stripe_id: Mapped[str | None]
    made_at: Mapped[datetime]


def stripe_id_of(customer_id: int) -> str | None:
    """Stripe's id of a customer who was introduced there."""
    known = session.get(GatewayCustomer, customer_id, populate_existing=True)
    return known.stripe_id if known else None


def introduced(customer_id: int) -> str:
    """:raises PaymentPageUnreachable: Stripe does not know this customer yet."""
    stripe_id = stripe_id_of(customer_id)
    if stripe_id is None:
        raise PaymentPageUnreachable(
            N_("The payment page does not answer. Nothing was taken. Please try again in a few minutes.")
        )
    return stripe_id


def introduce(customer_id: int, *, gateway: "StripeGateway", now: Callable[[], datetime]) -> str:
    """
    Make sure that Stripe knows the customer, and return Stripe's id. No transaction is open across the call; twice is
    once.

    :raises PaymentPageUnreachable: no answer, or none that says yes.
    """
    with transaction():
        row = _row(customer_id, now())
        key, body, known = row.key, row.request_json, row.stripe_id
    if known:
        return known
    try:
        made = gateway.create_customer(body, idempotency_key=f"cust:{key}")
    except GatewayError as error:
        if isinstance(error, StoredFailure):
            _ask_anew(customer_id, key)
        raise PaymentPageUnreachable(
            N_("The payment page does not answer. Nothing was taken. Please try again in a few minutes.")
        ) from error
    with transaction():
        row = session.get_one(GatewayCustomer, customer_id, with_for_update=True, populate_existing=True)
        row.stripe_id = row.stripe_id or made
        return row.stripe_id


def _row(customer_id: int, now: datetime) -> GatewayCustomer:
    """Of two who come at once the second finds what the first wrote."""
    row = session.get(GatewayCustomer, customer_id, populate_existing=True)
    if row is not None:
        return row
    customer = session.get_one(Customer, customer_id)
    contact = customers.first_contact(customer_id)
    body = customer_request(name=customer.name, email=contact.email if contact else None, account=customer.number)
    values = {"customer_id": customer_id, "key": uuid4(), "request_json": json.dumps(body), "made_at": now}
    session.execute(insert(GatewayCustomer).values(**values).on_conflict_do_nothing())
    return session.get_one(GatewayCustomer, customer_id, populate_existing=True)


def _ask_anew(customer_id: int, key: UUID) -> None:
    """Stripe repeats its failure for this key for a day."""
    with transaction():
        row = session.get_one(GatewayCustomer, customer_id, with_for_update=True, populate_existing=True)
        if row.key == key:
            row.key = uuid4()
