"""What a customer agreed to be charged for when nobody is there: without a living consent no charge is made."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, Identity, Index, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, jobs
from models.audit import Actor
from models.customers import lock_all
from models.database import Base, session
from models.errors import N_, Refused


class NoConsent(Refused):
    """Nobody agreed to this charge, or whoever did took it back."""


class Consent(Base):
    """
    Given and withdrawn, never edited. `about` names what may be charged for: 'plans:7', 'autopay:3'; at most one lives
    for each. `text` is what was read, in `language`, word for word, and `text_sha256` its hash. `method_id` none: any
    method that is kept for the customer. Business time: it is compared with the time of charges.
    """

    __tablename__ = "consents"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "method_id"], ["saved_methods.customer_id", "saved_methods.id"]),
        Index("uq_consents_living", "customer_id", "about", unique=True, postgresql_where="withdrawn_at is null"),
    )

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    about: Mapped[str]
    contact_id: Mapped[int]
    text_sha256: Mapped[bytes]
    text: Mapped[str]
    language: Mapped[str]
    given_at: Mapped[datetime]
    ip: Mapped[str]
    browser: Mapped[str]
    method_id: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]

    @property
    def source(self) -> str:
        """Its name in the audit trail."""
        return f"consents:{self.id}"


def give(
    customer_id: int,
    about: str,
    *,
    contact_id: int,
    text: str,
    language: str,
    ip: str,
    browser: str,
    by: Actor,
    now: datetime,
    method_id: int | None = None,
) -> Consent:
    """Record what a contact agreed to. It takes the place of what was agreed about the same before."""
    lock_all(customer_id)
    former = living(customer_id, about)
    if former is not None:
        withdraw(former, by=by, now=now)
    consent = Consent(
        customer_id=customer_id,
        about=about,
        contact_id=contact_id,
        text_sha256=hashlib.sha256(text.encode()).digest(),
        text=text,
        language=language,
        given_at=now,
        ip=ip,
        browser=browser,
        method_id=method_id,
    )
    session.add(consent)
    session.flush()
    facts = {"about": about, "text": consent.text_sha256.hex(), "method": method_id}
    audit.record(customer_id, "consent.given", by=by, now=now, about=consent.source, facts=facts)
    return consent


def withdraw(consent: Consent, *, by: Actor, now: datetime) -> None:
    """From now on nothing is charged by it; what is on its way arrives. Twice is once."""
    lock_all(consent.customer_id)
    session.refresh(consent, with_for_update=True)
    if consent.withdrawn_at is None:
        consent.withdrawn_at = now
        session.flush()
        jobs.later("plans.review", customer_id=consent.customer_id)
        facts = {"about": consent.about}
        audit.record(consent.customer_id, "consent.withdrawn", by=by, now=now, about=consent.source, facts=facts)


# Made once: to put such a query together takes longer than to run it.
_LIVING = (
    select(Consent)
    .where(
        Consent.customer_id == bindparam("customer"), Consent.about == bindparam("what"), Consent.withdrawn_at.is_(None)
    )
    .execution_options(populate_existing=True)
)


def living(customer_id: int, about: str) -> Consent | None:
    return session.scalar(_LIVING, {"customer": customer_id, "what": about})


def of_customer(customer_id: int) -> Sequence[Consent]:
    """The newest first."""
    query = select(Consent).where(Consent.customer_id == customer_id).order_by(Consent.id.desc())
    return session.scalars(query).all()


def check(consent_id: int, customer_id: int, method_id: int) -> Consent:
    """
    Under the account's lock, which withdrawing takes as well.

    :raises NoConsent: none that lives and holds for this method.
    """
    consent = session.get(Consent, (customer_id, consent_id), with_for_update=True, populate_existing=True)
    if consent is None or consent.withdrawn_at is not None or consent.method_id not in (None, method_id):
        raise NoConsent(N_("Nobody has agreed to this charge, or the permission was taken back."))
    return consent
