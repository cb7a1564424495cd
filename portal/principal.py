"""Who is at the customers' door: a contact acting for one customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import abort, g
from flask_login import UserMixin

from models import clock, customers, sessions
from models.accounts import visitors
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer
from models.transactions import transaction


@dataclass(frozen=True)
class ContactPrincipal(UserMixin):
    """
    `family`: the customer, and those that are read as part of it. `is_hidden`: the account is not shown. Where it may
    have no documents or no plans, nobody need ask for them.
    """

    customer_id: int
    contact_id: int
    session_id: int
    name: str
    language: str
    customer_name: str
    customer_number: str
    may_pay: bool
    may_dispute: bool
    calendar: str
    family: Sequence[int]
    is_hidden: bool
    may_have_documents: bool
    may_have_plans: bool

    def get_id(self) -> str:
        return f"contact:{self.customer_id}:{self.contact_id}"

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.CONTACT, self.contact_id, self.name)


def of_session(token: str, *, now: datetime) -> ContactPrincipal | None:
    """The contact of a living session; a contact who was switched off has none."""
    found = visitors.visitor(token, today=g.company.today(clock.now()), now=now)
    if found is None:
        return None
    if sessions.needs_seen(found.seen_at, now=now):
        with transaction():
            sessions.seen(found.session_id, now=now)
    return ContactPrincipal(
        customer_id=found.customer_id,
        contact_id=found.contact_id,
        session_id=found.session_id,
        name=found.name,
        language=found.language,
        customer_name=found.customer_name,
        customer_number=found.customer_number,
        may_pay=found.may_pay,
        may_dispute=found.may_dispute,
        calendar=found.calendar,
        family=[found.customer_id, *found.joined],
        is_hidden=found.is_hidden,
        may_have_documents=found.has_documents or bool(found.joined),
        may_have_plans=found.has_plans or bool(found.joined),
    )


def account_of(who: ContactPrincipal) -> tuple[Customer, Contact]:
    """The rows behind a principal: for whom a mail is written."""
    customer = customers.find(who.customer_id) or abort(404)
    return customer, customers.contact_of(who.customer_id, who.contact_id) or abort(404)
