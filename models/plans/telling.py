"""Mails about a plan, to whoever signed it."""

from datetime import datetime

from models import customers, messages
from models.customers import Contact, mails, merges
from models.plans.records import Instalment, Plan, instalments_of

WITH_AGREEMENT = ("signed", "began")


def tell(
    plan: Plan, step: str, instalment: Instalment | None = None, *, now: datetime, once: str = "", **told: object
) -> None:
    """
    Say what happened ('began', 'notice', 'confirm', 'declined', 'missed', 'defaulted', 'revived', 'completed', …);
    nothing where nobody has an address. The caller says it once, in the transaction in which it happens.

    :param once: what is said once for the same cause, whenever that is.
    """
    contact = _reader_of(plan)
    customer = customers.find(contact.customer_id) if contact else None
    if customer is None or contact is None or not contact.email:
        return
    once = once or f"{instalment.number if instalment else ''}:{now.isoformat()}"
    mails.write(
        "plan",
        customer,
        contact,
        address=contact.email,
        cause=f"{plan.customer_id}:{plan.id}:{step}:{once}",
        now=now,
        plan=plan,
        step=step,
        instalment=instalment,
        rows=instalments_of(plan),
        link=mails.LINK,
        **told,
    )


def brings_agreement(cause: str) -> tuple[int, int] | None:
    """Whose and which plan it is whose agreement goes with a mail, by the mail's cause; None where none does."""
    _, customer_id, plan_id, step, _ = cause.split(":", 4)
    return (int(customer_id), int(plan_id)) if step in WITH_AGREEMENT else None


def is_told(plan: Plan, step: str, once: str) -> bool:
    contact = _reader_of(plan)
    cause = f"plan:{plan.customer_id}:{plan.id}:{step}:{once}"
    return contact is not None and messages.is_written(contact.customer_id, cause)


def _reader_of(plan: Plan) -> Contact | None:
    """Who signed it: a contact of the account, or of the one that it is read as part of."""
    return merges.hears_of(plan.customer_id, plan.contact_id) if plan.contact_id else None
