"""What a text is looked at with before it is sent: a real customer of the books, and the longest case there is."""

from datetime import date, timedelta

from models import customers, invoices, ledger
from models.customers import Customer
from models.dunning.texts import Facts, Item
from models.ledger import Side
from models.money import Money
from models.policies.sequences import Purpose, Signer

LARGEST = Money(99_999_999_999, "EUR")
MOST_ITEMS = 12
PAY_BY = timedelta(days=10)
# Eighty characters each, as the longest names that registers hold.
LONGEST_NAMES = {
    "en": "The Worshipful Company of Kitchen Outfitters and Office Furnishers of Great Yarm",
    "lt": "Pietryčių Aukštaitijos maitinimo ir biuro reikmenų tiekimo kooperatyvas „Ąžuolas",
    "el": "Αγροτικός Συνεταιρισμός Εμπορίας και Τυποποίησης Ελαιολάδου Νοτίου Πελοποννήσου Α",
    "pl": "Wielobranżowe Przedsiębiorstwo Handlowo-Usługowe „Żółć i Gęśl” Spółka z o.o. 080",
    "cs": "Zemědělské obchodní družstvo pěstitelů řepky a žita na Českomoravské vrchovině 1",
    "fa": "شرکت تعاونی تولید و بازرگانی لوازم آشپزخانه و مبلمان اداری استان آذربایجان شرقی",
}

ORDINARY_NAMES = {
    "en": "Garden & Sons Ltd",
    "lt": "Kavinė „Ąžuolas“ MB",
    "el": "Ταβέρνα Ο Πλάτανος ΟΕ",
    "pl": "Żółta Kuchnia Sp. z o.o.",
    "cs": "Řeznictví U Dvou koček s.r.o.",
    "fa": "شرکت بازرگانی گلستان",
}


def longest(language: str, today: date, purpose: Purpose) -> Facts:
    """A name of 80 characters, twelve items, the largest amounts that the books hold."""
    name = LONGEST_NAMES.get(language, LONGEST_NAMES["en"])
    items = [
        Item(f"BS/2026/{place:04d}-KORREKTUR-{place:06d}", today - timedelta(days=400 - 30 * place), LARGEST)
        for place in range(1 if purpose == Purpose.INVOICE else MOST_ITEMS)
    ]
    return Facts.of(
        items,
        customer=name,
        customer_number="KUNDE-0000-200769623",
        person=name,
        today=today,
        pay_by=today + PAY_BY,
        reference="RF18 5390 0754 7034",
        signer=Signer.COLLECTOR,
    )


def of_customer(customer: Customer, today: date, purpose: Purpose) -> Facts | None:
    """What is open of a customer, as a reminder of today would list it, were nothing held; None where nothing is."""
    found = ledger.items_as_of([customer.id], today, side=Side.DEBIT)
    late = [one for one in found if one.due_on and one.due_on < today]
    chosen = found[-1:] if purpose == Purpose.INVOICE else (late or found)
    items = [Item(one.number or one.reference, one.due_on, one.left) for one in chosen]
    people = [contact.name for contact in customers.contacts_of(customer.id) if contact.name]
    if not items:
        return None
    return Facts.of(
        items,
        customer=customer.name,
        customer_number=customer.number_as_written,
        person=next(iter(people), ""),
        today=today,
        pay_by=today + PAY_BY,
        reference=invoices.account_reference(customer.id),
    )


def ordinary(language: str, today: date, purpose: Purpose) -> Facts:
    """An invented customer with two items, for whoever may not see the books."""
    items = [
        Item("BS-9412", today - timedelta(days=16), Money(64_000, "EUR")),
        Item("BS-9500", today - timedelta(days=3), Money(128_450, "EUR")),
    ]
    name = ORDINARY_NAMES.get(language, ORDINARY_NAMES["en"])
    return Facts.of(
        items[-1:] if purpose == Purpose.INVOICE else items,
        customer=name,
        customer_number="2001",
        person=name,
        today=today,
        pay_by=today + PAY_BY,
        reference="RF18 5390 0754 7034",
    )
