"""A town full of plans in whatever state, written down as rows: more of them than could be lived in a test's time."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import cycle
from uuid import uuid4

from models import plans
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer
from models.database import session
from models.gateways.stripe_methods import MethodKind
from models.ledger import Entry
from models.money import Money
from models.payments import MethodState, SavedMethod
from models.payments.consents import Consent
from models.plans import (
    Because,
    Instalment,
    InstalmentState,
    Plan,
    PlanItem,
    PlanState,
    PlanVersion,
    Proposal,
    Way,
    policies,
)
from models.plans.policies import PlanPolicy, PolicyState
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker

S, P = InstalmentState, PlanState
BEGUN = (P.ACTIVE, P.ACTIVE, P.ACTIVE, P.DEFAULTED, P.COMPLETED, P.CANCELLED)
KINDS = ("business", "consumer", "unknown")
HALF = TODAY - timedelta(days=60)  # From here on the second version of the rules is in force.


def at(day: date) -> datetime:
    return datetime.combine(day, NOW.timetz())


class Town:
    def __init__(self, make: Maker, seed: int) -> None:
        self.make, self.draw = make, random.Random(seed)
        people = [make.customer(f"=Town {kind}", kind=kind, language="en") for kind in KINDS]
        self.people = [(person, make.contact(person)) for person in people]
        self._next = cycle(self.people)
        self._second_version()

    def grow(self, many: int, currency: str = "EUR") -> None:
        """So many plans that have begun."""
        for _ in range(many):
            customer, contact = next(self._next)
            debt = self.make.invoice(customer, self.draw.randrange(3_000, 30_000), currency=currency)
            with transaction():
                self._plan(customer, contact, debt)

    def ask(self, on: date, answer_on: date, *, answered_after: int | None = None, offered: bool = False) -> None:
        """A request beyond the rules; answered so many hours later, where it is."""
        customer = self.make.customer()
        contact = self.make.contact(customer)
        debt = self.make.invoice(customer, 10_000)
        lines = [(on + timedelta(days=30 * number), amount) for number, amount in enumerate(debt.left.split(20))]
        proposal = Proposal({debt.id: debt.left}, lines, Money(0, "EUR"), Way.TRANSFER, policy_id=2)
        by, told = Actor(ActorKind.CONTACT, contact.id), {"answer_on": answer_on, "hardship": not offered, "word": ""}
        with transaction():
            plan = plans.keep_draft(customer.id, contact.id, "EUR", {}, on=on, now=at(on))
            plans.request(plan, proposal, **told, by=by, on=on, now=at(on))
        if answered_after is not None:
            when = at(on) + timedelta(hours=answered_after)
            stamp = {"by": Actor(ActorKind.STAFF, 1), "on": when.date(), "now": when}
            with transaction():
                if offered:
                    plans.offer(plan, proposal, until=on + timedelta(days=14), **stamp)
                else:
                    plans.decline_request(plan, reason="Too long", **stamp)

    def _second_version(self) -> None:
        """It has the rule of the first one, under another name, and one more."""
        with transaction():
            first = policies.live_version()
            [rule] = policies.value(first).rules
            first.move_to(PolicyState.RETIRED)
            first.retired_at = at(HALF)
            session.flush()
            written = {"written_at": at(HALF) - timedelta(days=1), "live_at": at(HALF)}
            second = PlanPolicy(number=2, state=PolicyState.PUBLISHED, **written)
            session.add(second)
            session.flush()
            policies.put_rules(second, [replace(rule, name="All the others"), replace(rule, name="Firms", id=2)])

    def _plan(self, customer: Customer, contact: Contact, debt: Entry) -> None:
        draw, mine = self.draw, {"customer_id": customer.id}
        state, automatic = draw.choice(BEGUN), draw.random() < 0.4
        began = TODAY - timedelta(days=draw.randrange(20, 200))
        ended = None if state is P.ACTIVE else began + timedelta(days=draw.randrange(5, 150))
        version, rule = draw.choice(((1, 1), (2, 1), (2, 2), (None, None)))
        plan = Plan(
            **mine,
            **{"currency": debt.currency, "state": state, "way": Way.AUTOMATIC if automatic else Way.TRANSFER},
            **{"contact_id": contact.id, "ask": {}, "policy_id": version, "rule": rule, "grace_days": 5},
            **{"balance_minor": debt.amount_minor, "made_on": began, "made_at": at(began), "signed_at": at(began)},
            **{"began_on": began, "ended_on": min(ended, TODAY) if ended else None, "staff_id": draw.choice((None, 1))},
            **{"end_reason": draw.choice(("customer", "replaced", "Moved")) if state is P.CANCELLED else ""},
        )
        session.add(plan)
        session.flush()
        plan.method_id = self._card(contact) if automatic else None
        if automatic and draw.random() < 0.7:
            self._agree(plan, contact)
        session.add(PlanItem(**mine, plan_id=plan.id, entry_id=debt.id, amount_minor=debt.amount_minor))
        amounts = enumerate(debt.left.split(draw.randrange(2, 7)))
        rows = [self._row(plan, number, amount) for number, amount in amounts]
        lines = [[row.number, row.due_on.isoformat(), row.amount_minor, "planned"] for row in rows]
        signed = {"because": Because.SIGNED, "lines": lines, "made_on": began, "made_at": at(began)}
        session.add_all([*rows, PlanVersion(**mine, plan_id=plan.id, number=1, **signed)])

    def _row(self, plan: Plan, number: int, amount: Money) -> Instalment:
        draw = self.draw
        due = (plan.began_on or TODAY) + timedelta(days=draw.choice((14, 30, 80)) * number)
        missed = due + timedelta(days=draw.randrange(1, 9)) if draw.random() < 0.4 else None
        states = (S.PAID, S.PAID, S.MISSED, S.DUE, S.PLANNED, S.CHARGING, S.WAIVED, S.RETURNED)
        state = S.PAID if plan.state is P.COMPLETED else draw.choice(states if due <= TODAY else (S.PLANNED, S.PAID))
        if state is S.MISSED:
            missed = missed or due + timedelta(days=4)
        paid = state in (S.PAID, S.RETURNED)
        return Instalment(
            **{"customer_id": plan.customer_id, "plan_id": plan.id, "number": number + 1, "due_on": due},
            **{"currency": plan.currency, "amount_minor": amount.minor, "state": state, "missed_on": missed},
            covered_minor=amount.minor if paid else draw.choice((0, 0, amount.minor // 2)),
            waits_for_customer=state in (S.DUE, S.MISSED) and draw.random() < 0.5,
            paid_on=due + timedelta(days=draw.randrange(-10, 25)) if paid else None,
        )

    def _agree(self, plan: Plan, contact: Contact) -> None:
        read = {"text": "You may charge my card.", "text_sha256": b"", "language": "en", "ip": "", "browser": ""}
        ended = self.draw.choice((None, None, NOW))
        session.add(
            Consent(
                customer_id=plan.customer_id,
                about=plan.source,
                contact_id=contact.id,
                **read,
                given_at=plan.made_at,
                withdrawn_at=ended,
            )
        )

    def _card(self, contact: Contact) -> int | None:
        ends = self.draw.choice((None, TODAY, TODAY, TODAY + timedelta(days=900)))
        if ends is None:
            return None
        named = {"stripe_id": f"pm_{uuid4()}", "kind": MethodKind.CARD, "brand": "visa", "last4": "4242"}
        card = SavedMethod(
            **{"customer_id": contact.customer_id, "contact_id": contact.id, "attempt_id": uuid4(), **named},
            **{"exp_year": ends.year, "exp_month": ends.month, "added_at": NOW},
            state=self.draw.choice((MethodState.ACTIVE,) * 3 + (MethodState.FAILED,)),
        )
        session.add(card)
        session.flush()
        return card.id
