"""Cards and accounts in every state, and autopay with charges to come, for the pages that show them."""

from datetime import timedelta
from uuid import uuid4

from models import autopay
from models.audit import Actor, ActorKind
from models.autopay import Agreed, Terms
from models.customers import Contact, Customer
from models.database import session
from models.gateways.stripe_methods import MethodKind
from models.money import Money
from models.payments import MethodState, SavedMethod
from models.transactions import transaction
from tests.making import Maker


def keep(make: Maker, customer: Customer, brand: str, last4: str, state: MethodState, month: int | None) -> SavedMethod:
    """Months from now until a card runs out; an account does not."""
    runs_out = make.today + timedelta(days=30 * month) if month is not None else None
    with transaction():
        method = SavedMethod(
            **{"customer_id": customer.id, "attempt_id": uuid4(), "stripe_id": f"pm_{last4}", "state": state},
            **{"kind": MethodKind.CARD if runs_out else MethodKind.SEPA_DEBIT, "brand": brand, "last4": last4},
            **{"exp_month": runs_out and runs_out.month, "exp_year": runs_out and runs_out.year},
            added_at=make.now,
        )
        session.add(method)
    return method


def furnish(make: Maker, customer: Customer, contact: Contact) -> dict[str, int]:
    """Autopay by the card: one charge to come, one that its bank wants confirmed, one on its way. Ids by name."""
    card = keep(make, customer, "visa", "4242", MethodState.ACTIVE, 20)
    keep(make, customer, "mastercard", "4444", MethodState.ACTIVE, 0)
    keep(make, customer, "amex", "0005", MethodState.EXPIRED, -8)
    keep(make, customer, "", "3201", MethodState.FAILED, None)
    agreed = Agreed("I agree to <b>this</b>.", "fa", "192.0.2.7", "Firefox")
    by, at = Actor(ActorKind.CONTACT, contact.id), {"on": make.today, "now": make.now}
    with transaction():
        terms = Terms(card.id, Money(50_000, "EUR"), 7)
        on = autopay.turn_on(customer.id, contact.id, terms, agreed, by=by, **at)
    for place in range(3):
        make.invoice(customer, 4_000 + place, number=f"AUTO-{place}", issued_on=make.today, due_on=make.today)
    autopay.announce(make.today, now=make.now)
    with transaction():
        for charge in autopay.living_charges(customer.id)[1:]:
            charge.next_try_on = None
        for charge in autopay.living_charges(customer.id)[1:2]:
            charge.waits_until = make.today + timedelta(days=5)
    return {"method": card.id, "autopay": on.id}
