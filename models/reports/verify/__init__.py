"""`flask verify`: what must be true in the records, proved in one read-only snapshot."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from models import company
from models.database import session
from models.reports.verify import (
    answering,
    gateway,
    holding,
    keeping,
    ledger,
    minor_units,
    planning,
    reminding,
    trail,
    waiting,
)
from models.reports.verify.proof import Broken, Finding, Proof
from models.transactions import snapshot

__all__ = ["MEANING", "Broken", "Finding", "Proof", "verify"]

MEANING = {
    "I1": "what is unapplied of a credit = the credit less its living allocations, never below 0",
    "I2": "what is open of a debit lies between 0 and its amount, on every day",
    "I3": "what is open of a debit = its amount less its living allocations",
    "I4": "per customer and currency: sum of entries = open less unapplied, on every day",
    "I5": "entries are never changed or deleted; reversals are the opposite of one original, once",
    "I6": "each id of Stripe's belongs to one row, each payment page and each instalment to one success",
    "I7": "every payment, refund and chargeback at Stripe has its entry, to the cent, and no entry lacks one",
    "I8": "no step goes twice for an item, and no customer gets two messages of one run",
    "I9": "no reminder went while a hold, an opt-out or a limit spoke against it; no charge without a living consent",
    "I10": "audit chains, heads and seals are whole",
    "I11": "the instalments of a plan = what is left of its items, and its newest version says so",
    "I12": "whatever is unfinished is looked at again in time",
    "I13": "no more was refunded than was paid",
    "I14": "money is whole minor units of known currencies",
    "I15": "every hold has its living source, every living source its holds",
    "I16": "every file has its bytes, their hash, and what it belongs to",
    "I17": "credit notes of a case = its decisions and returns; it claims its lines, and they no more than was billed",
}


def verify(customer_id: int | None = None, *, now: datetime, seal_file: Path | None = None) -> Proof:
    """
    Prove the whole database, or one customer's part of it; nothing is written. `now` is business time. With a
    `seal_file` the seals that left the machine are compared too (not for one customer: seals are the company's).
    """
    proof = Proof()
    with snapshot():
        # The default of 4 MB makes sorts of a whole ledger spill; compiling these queries costs more than it saves.
        session.execute(text("set local work_mem = '64MB'"))
        session.execute(text("set local jit = off"))
        ledger.prove(proof, customer_id)
        trail.prove(proof, customer_id, seal_file)
        gateway.prove(proof, customer_id)
        waiting.prove(proof, customer_id, now)
        minor_units.prove(proof, customer_id)
        holding.prove(proof, customer_id)
        keeping.prove(proof, customer_id)
        answering.prove(proof, customer_id)
        planning.prove(proof, customer_id, now)
        reminding.prove(proof, customer_id, company.get().timezone)
    return proof
