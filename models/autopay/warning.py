"""Cards that run out while invoices are charged to them."""

from datetime import date, datetime
from functools import partial

from models.autopay import telling
from models.autopay.records import find, of_customers
from models.database import session
from models.payments import methods
from models.transactions import each, transaction


def warn_of_cards(on: date, *, now: datetime) -> int:
    """Write once to whoever's card runs out within 30 days. Returns how many it concerns."""
    found = [
        (card.customer_id, autopay.id, card.id)
        for card in methods.expiring(on)
        for autopay in of_customers([card.customer_id])
        if autopay.method_id == card.id
    ]
    session.rollback()
    each(found, partial(_warn, now=now))
    return len(found)


def _warn(customer_id: int, autopay_id: int, card_id: int, *, now: datetime) -> None:
    autopay, card = find(customer_id, autopay_id), methods.find(customer_id, card_id)
    if autopay is None or card is None:
        return
    once = f"{card.id}:{card.last_day}"
    if not telling.is_told(autopay, "card_expires", once):
        with transaction():
            telling.tell(autopay, "card_expires", now=now, once=once)
