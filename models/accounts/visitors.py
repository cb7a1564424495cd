"""Who is at the customers' door, and what every page asks about their account: read in one go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, exists, func, select

from models import holds
from models.customers import Contact, Customer, merges
from models.database import session
from models.filed import FiledDocument
from models.plans import Plan
from models.sessions import LIMITS, BrowserSession, SessionKind, token_hash


@dataclass(frozen=True, slots=True)
class Visitor:
    """
    `seen_at` is when the session was last used, by a minute; `joined` are the customers that are read as part of this
    one; `is_hidden`: they are to see nothing of the account. Whoever has no documents on file and no plans, nor anybody
    joined to them, need not be asked for any.
    """

    session_id: int
    seen_at: datetime
    customer_id: int
    contact_id: int
    name: str
    language: str
    customer_name: str
    customer_number: str
    may_pay: bool
    may_dispute: bool
    calendar: str
    joined: Sequence[int]
    is_hidden: bool
    has_documents: bool
    has_plans: bool


# Made once: to put such a query together takes longer than to run it.
_LIVING = (
    select(
        BrowserSession.id,
        BrowserSession.seen_at,
        Contact.customer_id,
        Contact.id,
        func.coalesce(func.nullif(Contact.name, ""), Contact.email, ""),
        func.coalesce(func.nullif(Contact.language, ""), Customer.language),
        Customer.name,
        Customer.number_as_written,
        Contact.may_pay,
        Contact.may_dispute,
        Contact.calendar,
        merges.joined_to(Contact.customer_id),
        holds.hides_balance(Contact.customer_id),
        exists().where(FiledDocument.customer_id == Contact.customer_id),
        exists().where(Plan.customer_id == Contact.customer_id),
    )
    .join(
        Contact,
        (Contact.customer_id == BrowserSession.customer_id) & (Contact.id == BrowserSession.contact_id),
    )
    .join(Customer, Customer.id == Contact.customer_id)
    .where(
        BrowserSession.token_hash == bindparam("token_hash"),
        BrowserSession.kind == SessionKind.CONTACT,
        BrowserSession.ended_at.is_(None),
        BrowserSession.seen_at > bindparam("awake_since"),
        BrowserSession.started_at > bindparam("young_since"),
        Contact.active,
        Contact.may_see,
    )
)


def visitor(token: str, *, today: date, now: datetime) -> Visitor | None:
    """The contact of a living session; a contact who was switched off has none."""
    limits = LIMITS[SessionKind.CONTACT]
    since = {"awake_since": now - limits.idle, "young_since": now - limits.whole}
    row = session.execute(_LIVING, {"token_hash": token_hash(token), "day": today, **since}).one_or_none()
    return Visitor(*row) if row else None
