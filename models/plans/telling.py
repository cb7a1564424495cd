"""Mails about a plan, to whoever signed it."""

from datetime import datetime

from stdnum import iso11649

from models import company, customers, invoices, messages
from models.customers import Contact, mails, merges
from models.plans.paying import invoice_sent_for
from models.plans.records import Instalment, Plan, Way, instalments_of

WITH_AGREEMENT = ("signed", "began")
WITH_CODE = ("notice", "missed")


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
        reference=_reference(plan, instalment, now) if instalment and step in WITH_CODE else "",
        **told,
    )


def brings_agreement(cause: str) -> tuple[int, int] | None:
    """Whose and which plan it is whose agreement goes with a mail, by the mail's cause; None where none does."""
    _, customer_id, plan_id, step, _ = cause.split(":", 4)
    return (int(customer_id), int(plan_id)) if step in WITH_AGREEMENT else None


def brings_code(cause: str) -> tuple[int, int, int] | None:
    """Whose plan and which payment of it are to be sent, by the cause of the mail that asks for it."""
    _, customer_id, plan_id, step, once = cause.split(":", 4)
    number = once.partition(":")[0]
    return (int(customer_id), int(plan_id), int(number)) if step in WITH_CODE and number else None


def is_told(plan: Plan, step: str, once: str) -> bool:
    contact = _reader_of(plan)
    cause = f"plan:{plan.customer_id}:{plan.id}:{step}:{once}"
    return contact is not None and messages.is_written(contact.customer_id, cause)


def _reference(plan: Plan, instalment: Instalment, now: datetime) -> str:
    """As it is printed; empty where nothing is to be sent, or there is no account to send it to."""
    creditor = company.get()
    if plan.way is not Way.TRANSFER or not creditor.iban:
        return ""
    invoice_id = invoice_sent_for(plan, instalment, creditor.today(now))
    return str(iso11649.format(invoices.reference_for(plan.customer_id, invoice_id)))


def _reader_of(plan: Plan) -> Contact | None:
    """Who signed it: a contact of the account, or of the one that it is read as part of."""
    return merges.hears_of(plan.customer_id, plan.contact_id) if plan.contact_id else None
