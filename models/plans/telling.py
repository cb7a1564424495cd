"""Mails about a plan, to whoever signed it."""

from datetime import datetime

from models import customers
from models.customers import contact_of, mails
from models.plans.records import Instalment, Plan, instalments_of


def tell(plan: Plan, step: str, instalment: Instalment | None = None, *, now: datetime) -> None:
    """
    Say what happened ('began', 'notice', 'confirm', 'declined', 'missed', 'defaulted', 'revived', 'completed', …), once
    for each step of each instalment and try; nothing where nobody has an address.
    """
    contact = contact_of(plan.customer_id, plan.contact_id) if plan.contact_id else None
    customer = customers.find(plan.customer_id)
    if customer is None or contact is None or not contact.email:
        return
    which = f":{instalment.number}:{instalment.tries}" if instalment else f":{now.isoformat()}"
    mails.write(
        "plan",
        customer,
        contact,
        address=contact.email,
        cause=f"{plan.customer_id}:{plan.id}:{step}{which}",
        now=now,
        plan=plan,
        step=step,
        instalment=instalment,
        rows=instalments_of(plan),
        link=mails.LINK,
    )
