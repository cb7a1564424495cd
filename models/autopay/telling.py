"""Mails about autopay, to whoever switched it on."""

from datetime import datetime

from models import customers, messages, payments
from models.autopay.records import Autopay, AutopayCharge
from models.autopay.sums import number_of
from models.customers import mails, merges
from models.money import Money


def tell(
    autopay: Autopay,
    step: str,
    charge: AutopayCharge | None = None,
    *,
    now: datetime,
    amount: Money | None = None,
    once: str = "",
    **told: object,
) -> None:
    """
    Say what happened ('on', 'off', 'notice', 'left_out', 'declined', 'confirm', 'failed', …); nothing where nobody has
    an address. The caller says it once, in the transaction in which it happens.

    :param amount: where it is another one than was announced.
    :param once: what is said once for the same cause, whenever that is.
    """
    contact = merges.hears_of(autopay.customer_id, autopay.contact_id)
    customer = customers.find(contact.customer_id) if contact else None
    if customer is None or contact is None or not contact.email:
        return
    once = once or f"{charge.id if charge else ''}:{now.isoformat()}"
    mails.write(
        "autopay",
        customer,
        contact,
        address=contact.email,
        cause=f"{autopay.customer_id}:{autopay.id}:{step}:{once}",
        now=now,
        autopay=autopay,
        step=step,
        charge=charge,
        amount=amount or (charge.amount if charge else None),
        invoice=number_of(charge) if charge else "",
        method=payments.methods.find(autopay.customer_id, autopay.method_id),
        link=mails.LINK,
        **told,
    )


def hears(autopay: Autopay) -> bool:
    """Whether anybody can be told."""
    contact = merges.hears_of(autopay.customer_id, autopay.contact_id)
    return contact is not None and bool(contact.email)


def is_told(autopay: Autopay, step: str, once: str) -> bool:
    contact = merges.hears_of(autopay.customer_id, autopay.contact_id)
    cause = f"autopay:{autopay.customer_id}:{autopay.id}:{step}:{once}"
    return contact is not None and messages.is_written(contact.customer_id, cause)
