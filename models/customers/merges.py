"""Two accounts of one customer, joined by a dated link that moves no entry and can be undone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    SQLColumnExpression,
    bindparam,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, company
from models.audit import Actor
from models.customers.accounts import lock_all, lock_all_of
from models.customers.contacts import Contact, contact_of, first_contact
from models.customers.customers import Customer
from models.database import Base, session
from models.errors import N_, Refused


class CannotMerge(Refused):
    pass


class Merge(Base):
    """
    `customer_id` is read as part of `into_id` from `effective_on`. A registry row: it joins two customers.

    At most one living merge per joined customer, and no chains: what is joined has nothing joined to it.
    """

    __tablename__ = "merges"
    __table_args__ = (
        Index("uq_merges_living", "customer_id", unique=True, postgresql_where="undone_at is null"),
        Index("ix_merges_into_id", "into_id", postgresql_where="undone_at is null"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id))
    into_id: Mapped[int] = mapped_column(ForeignKey(Customer.id))
    effective_on: Mapped[date]
    recorded_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]


def living_merge(customer_id: int) -> Merge | None:
    """The link by which this customer is read as part of another, if any."""
    return session.scalar(select(Merge).where(Merge.customer_id == customer_id, Merge.undone_at.is_(None)))


def reader_of(customer_id: int, contact_id: int) -> Contact | None:
    """This contact of the customer's, or of the one that it is read as part of: who did something about its items."""
    own = contact_of(customer_id, contact_id)
    joined_to = None if own else living_merge(customer_id)
    return contact_of(joined_to.into_id, contact_id) if joined_to else own


def hears_of(customer_id: int, contact_id: int) -> Contact | None:
    """
    Who is written to about what this contact did: where they no longer speak for the customer, because the merge was
    undone, or they were switched off or have no address, whoever receives what concerns the account as a whole.
    """
    themselves = reader_of(customer_id, contact_id)
    if themselves is not None and themselves.active and themselves.email:
        return themselves
    joined_to = living_merge(customer_id)
    return first_contact(customer_id) or (first_contact(joined_to.into_id) if joined_to else None)


# Made once: to put such a query together takes longer than to run it.
_JOINED = (
    select(Merge.customer_id)
    .where(
        Merge.into_id == bindparam("into"),
        Merge.effective_on <= bindparam("day"),
        Merge.recorded_at <= bindparam("known_at"),
        Merge.undone_at.is_(None) | (Merge.undone_at > bindparam("known_at")),
    )
    .order_by(Merge.customer_id)
)
_ALWAYS = datetime.max.replace(tzinfo=UTC)


def family(customer_id: int, on: date = date.max, *, known_at: datetime | None = None) -> list[int]:
    """
    The customer and those joined to it by a day, as known at a moment: whose entries its statement shows. Without
    either, all that are joined now. The customer itself comes first.
    """
    scope = {"into": customer_id, "day": on, "known_at": known_at or _ALWAYS}
    return [customer_id, *session.scalars(_JOINED, scope)]


def joined_to(customer_id: SQLColumnExpression[int]) -> ColumnElement[list[int]]:
    """Inside another query: those that are joined now to the customer in this column."""
    living = select(Merge.customer_id).where(Merge.into_id == customer_id, Merge.undone_at.is_(None))
    return func.array(living.order_by(Merge.customer_id).scalar_subquery(), type_=ARRAY(BigInteger))


def lock_families(heads: Iterable[int]) -> None:
    """Lock every account of these customers and of what is joined to them, in ascending order."""
    asked = list(heads)
    joined_to = select(Merge.customer_id).where(Merge.into_id.in_(asked), Merge.undone_at.is_(None))
    lock_all_of([*asked, *session.scalars(joined_to)])


@dataclass(frozen=True, slots=True)
class Joined:
    """How an account is read: as part of `into` (by `merge`, while that lasts), or with `members` as part of it."""

    merge: Merge | None
    into: Customer | None
    members: Sequence[Customer]


def joined(customer_id: int) -> Joined:
    rows = session.execute(
        select(Merge, Customer)
        .join(Customer, Customer.id == case((Merge.into_id == customer_id, Merge.customer_id), else_=Merge.into_id))
        .where(or_(Merge.customer_id == customer_id, Merge.into_id == customer_id), Merge.undone_at.is_(None))
        .order_by(Customer.id)
    ).all()
    merge_row, into = next(((row, other) for row, other in rows if row.customer_id == customer_id), (None, None))
    return Joined(merge_row, into, [other for row, other in rows if row.into_id == customer_id])


def merge(customer: Customer, into: Customer, *, effective_on: date, by: Actor, now: datetime) -> Merge:
    """
    Read `customer` as part of `into` from a day on. No entry moves.

    :raises CannotMerge: the same customer, the company's own account, or either is joined already.
    """
    _lock(customer.id, into.id)
    if customer.id == into.id:
        raise CannotMerge(N_("A customer cannot be merged with itself."))
    if company.HOLDING_ACCOUNT in (customer.id, into.id):
        raise CannotMerge(N_("Money without a name cannot be merged with a customer. Move the receipt instead."))
    if living_merge(customer.id) or living_merge(into.id) or len(family(customer.id)) > 1:
        raise CannotMerge(N_("One of the two is merged already. Undo that merge first."))
    row = Merge(customer_id=customer.id, into_id=into.id, effective_on=effective_on, recorded_at=now)
    session.add(row)
    session.flush()
    facts = {"customer": customer.number, "into": into.number, "effective_on": effective_on}
    for side in sorted((customer.id, into.id)):
        audit.record(side, "customer.merged", by=by, now=now, about=f"merges:{row.id}", facts=facts)
    return row


def undo(row: Merge, *, by: Actor, now: datetime) -> None:
    _lock(row.customer_id, row.into_id)
    session.refresh(row, with_for_update=True)
    if row.undone_at is not None:
        raise CannotMerge(N_("This merge was undone already."))
    row.undone_at = now
    session.flush()
    for side in sorted((row.customer_id, row.into_id)):
        audit.record(side, "customer.merge_undone", by=by, now=now, about=f"merges:{row.id}", facts={})


def _lock(*customer_ids: int) -> None:
    """The customers themselves too: one without a single entry has no account to lock."""
    rows = select(Customer.id).where(Customer.id.in_(customer_ids)).order_by(Customer.id)
    session.execute(rows.with_for_update(key_share=True))
    for customer_id in sorted(customer_ids):
        lock_all(customer_id)
