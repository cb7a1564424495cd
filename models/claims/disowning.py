"""'This is not mine': all contact stops, the balance is hidden, a person looks."""

from datetime import date, datetime, timedelta

from models import audit, holds
from models.audit import Actor
from models.claims.records import Claim, ClaimKind, ClaimState, ask_a_person, confirm, of_customers
from models.customers import Contact, Customer, lock_all
from models.database import session
from models.errors import N_
from models.holds import HoldKind

WHYS: dict[str, str] = {
    "person": N_("I am not this person"),
    "company": N_("This is not our company"),
    "sold": N_("The business was sold or closed"),
    "deceased": N_("This person has died"),
    "fraud": N_("Somebody used our name"),
}
ANSWERED_WITHIN = timedelta(days=3)


def disown(customer: Customer, contact: Contact, why: str, text: str, *, by: Actor, on: date, now: datetime) -> Claim:
    """Nobody is asked to prove who they are. Said twice, it is one claim."""
    lock_all(customer.id)
    known = of_customers([customer.id], kind=ClaimKind.NOT_OURS, state=ClaimState.OPEN, most=1)
    if known:
        return known[0]
    claim = Claim(
        customer_id=customer.id,
        kind=ClaimKind.NOT_OURS,
        state=ClaimState.OPEN,
        contact_id=contact.id,
        why=why,
        text=text.strip(),
        made_on=on,
        made_at=now,
    )
    session.add(claim)
    session.flush()
    holds.add(customer.id, HoldKind.NOT_OURS, source=claim.source, currency=None, on=on, now=now)
    words = {"text": claim.text} if claim.text else None
    audit.record(customer.id, "claim.not_ours", by=by, now=now, about=claim.source, facts={"why": why}, words=words)
    ask_a_person(claim, on + ANSWERED_WITHIN, on)
    confirm(claim, customer, contact, now=now)
    return claim


def is_disowned(customer_id: int, on: date) -> bool:
    """Whether whoever opens the account's link is to see nothing of it."""
    return holds.balance_is_hidden(customer_id, on)
