"""What contacts, customers and the company were before they were changed, kept by the database itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base, session

Versions = Mapping[tuple[int, str], Mapping[str, Any]]
NOTHING: Mapping[str, Any] = {}


class FormerFacts(Base):
    """
    Written by triggers (migration 0013), so that an import or a statement typed by hand is no way around them. `about`
    names the row ('contacts:7', 'customers:3'; 'company:1' of customer 0), `facts` holds what reminders are decided by,
    as it was until `until_at`. Business time.
    """

    __tablename__ = "former_facts"
    __table_args__ = (Index("ix_former_facts_until", "customer_id", "until_at"),)

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    about: Mapped[str]
    facts: Mapped[dict[str, Any]]
    until_at: Mapped[datetime]


_THEN = text(
    """
select distinct on (customer_id, about) customer_id, about, facts from former_facts
where customer_id = any(:customers) and until_at > :moment
order by customer_id, about, until_at, id
"""
)


def at(customers: Sequence[int], moment: datetime) -> Versions:
    """By customer and row: its facts at a moment. A row that has not changed since is left out."""
    rows = session.execute(_THEN, {"customers": list(customers), "moment": moment})
    return {(customer_id, about): facts for customer_id, about, facts in rows}
