"""An invented plan, to look at the words of an agreement with: an ordinary one, and the longest there is."""

from datetime import date, datetime

from models.accounts.agreement_paper import KEYS, Drawn, composed_for, printed
from models.customers import Customer
from models.dunning import cases
from models.dunning.placeholders import Text
from models.dunning.templates import Wording
from models.dunning.texts import Composed
from models.money import Money
from models.plans import Instalment, Plan, Way
from models.policies.plans.schedule import months_after
from models.policies.plans.terms import Frequency
from models.policies.sequences import Purpose

NUMBER, MONTHS = 1234, 36  # Of the longest.


def example_plan(key: str, name: str, language: str, today: date) -> Drawn:
    """
    Nothing of it is ever written.

    :param key: of the words, which say how it is paid.
    :param name: 'ordinary' or 'longest'.
    """
    longest = name == "longest"
    person = (cases.longest if longest else cases.ordinary)(language, today, Purpose.AGREEMENT)
    each, fee = (cases.LARGEST, Money(99_999_999, "EUR")) if longest else (Money(32_075, "EUR"), Money(2_000, "EUR"))
    count = MONTHS if longest else 6
    balance = each.minor * count - fee.minor
    plan = Plan(
        **{"id": NUMBER, "customer_id": 0, "currency": "EUR", "frequency": Frequency.MONTHLY},
        way=Way.TRANSFER if key == KEYS[Way.TRANSFER] else Way.AUTOMATIC,
        **{"balance_minor": balance, "fee_minor": fee.minor},
        **{"grace_days": 7, "retries": 2, "misses": 2, "moves_left": 2},
    )
    rows = [
        Instalment(number=place + 1, due_on=months_after(today, place), currency="EUR", amount_minor=each.minor)
        for place in range(count)
    ]
    customer = Customer(
        **{"name": person.customer, "number": person.customer_number, "number_as_written": person.customer_number},
        **{"language": language, "address": ""},
    )
    return Drawn(plan, rows, customer, None, person.reference)


def example_words(text: Text, drawn: Drawn, language: str) -> Composed:
    return composed_for(text, drawn, language)


def example_pdf(said: Wording, text: Text, drawn: Drawn, language: str, *, now: datetime) -> bytes:
    """As it would be signed in one language."""
    return printed(drawn, [(language, composed_for(text, drawn, language), "")], said, now=now)
