"""What somebody signs: the exact text and the exact PDF, kept with their hashes, who signed, when and from where."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import Identity, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from models import audit
from models.audit import Actor
from models.customers import lock_all
from models.database import Base, session
from models.errors import N_, Refused
from models.states import Stateful

SHORTEST_NAME = 2


class AgreementState(StrEnum):
    OFFERED = "offered"
    SIGNED = "signed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"  # By who offered it, or because another text took its place.


class NotSigned(Refused):
    pass


class Agreement(Stateful, Base):
    """
    `about` is the row that it is about ('plans:7'). `text` is what was read, in `language`; where that is a translation
    `binding_text` is the approved text that counts, in `binding_language`. `made_from` names the versions of the words
    and of the policy. `signed_at` is real time; `address` and `browser` are those of the signing request.
    """

    __tablename__ = "agreements"
    __table_args__ = (
        Index("uq_agreements_offered", "customer_id", "about", unique=True, postgresql_where="state = 'offered'"),
        Index("ix_agreements_about", "customer_id", "about"),
    )
    TRANSITIONS: ClassVar = {
        AgreementState.OFFERED: frozenset({AgreementState.SIGNED, AgreementState.DECLINED, AgreementState.WITHDRAWN}),
        AgreementState.SIGNED: frozenset[AgreementState](),
        AgreementState.DECLINED: frozenset[AgreementState](),
        AgreementState.WITHDRAWN: frozenset[AgreementState](),
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    about: Mapped[str]
    contact_id: Mapped[int | None]
    title: Mapped[str]
    language: Mapped[str]
    text: Mapped[str]
    binding_language: Mapped[str]
    binding_text: Mapped[str] = mapped_column(server_default="")
    text_sha256: Mapped[str]
    pdf: Mapped[bytes] = mapped_column(deferred=True)
    pdf_sha256: Mapped[str]
    made_from: Mapped[dict[str, Any]]
    state: Mapped[AgreementState]
    offered_at: Mapped[datetime]
    typed_name: Mapped[str] = mapped_column(server_default="")
    signed_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(server_default="")
    browser: Mapped[str] = mapped_column(server_default="")
    ended_at: Mapped[datetime | None]

    @property
    def source(self) -> str:
        return f"agreements:{self.id}"

    @property
    def is_translated(self) -> bool:
        """It is read in another language than the one that counts."""
        return self.language != self.binding_language


@dataclass(frozen=True, slots=True)
class Paper:
    """What is put before somebody. `binding_text` is empty where `text` itself counts."""

    title: str
    language: str
    text: str
    binding_language: str
    binding_text: str
    pdf: bytes
    made_from: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """Names exactly this text: still the same when it is sent back."""
        return digest(self.text, self.binding_text)


@dataclass(frozen=True, slots=True)
class Signature:
    """`at` is real time, never the movable clock's."""

    typed_name: str
    agreed: bool
    address: str
    browser: str
    at: datetime


def digest(text: str, binding_text: str) -> str:
    """SHA-256, in hexadecimal digits, of what was read and what counts, in UTF-8 with a line between them."""
    return hashlib.sha256(f"{text}\n\f\n{binding_text}".encode()).hexdigest()


def offer(customer_id: int, contact_id: int | None, about: str, paper: Paper, *, by: Actor, now: datetime) -> Agreement:
    """Put it before somebody, in place of what was offered about the same before."""
    lock_all(customer_id)
    former = offered(customer_id, about)
    if former is not None:
        _end(former, AgreementState.WITHDRAWN, now)
    row = Agreement(
        **{"customer_id": customer_id, "contact_id": contact_id, "about": about, "title": paper.title},
        **{"language": paper.language, "text": paper.text, "made_from": dict(paper.made_from)},
        **{"binding_language": paper.binding_language, "binding_text": paper.binding_text},
        **{"text_sha256": digest(paper.text, paper.binding_text), "pdf": paper.pdf},
        pdf_sha256=hashlib.sha256(paper.pdf).hexdigest(),
        state=AgreementState.OFFERED,
        offered_at=now,
    )
    session.add(row)
    session.flush()
    facts = {"about": about, "text": row.text_sha256, "pdf": row.pdf_sha256, "language": row.language}
    audit.record(customer_id, "agreement.offered", by=by, now=now, about=row.source, facts=facts)
    return row


def sign(agreement: Agreement, signature: Signature, *, by: Actor, now: datetime) -> None:
    """
    Keep who signed what was read, as it was read. The account's lock is the caller's.

    :raises NotSigned: no name, no 'I agree', or another text has taken its place meanwhile.
    """
    session.refresh(agreement, with_for_update=True)
    name = " ".join(signature.typed_name.split())
    if len(name) < SHORTEST_NAME:
        raise NotSigned(N_("Type your full name, as you would sign."))
    if not signature.agreed:
        raise NotSigned(N_("Tick the box if you agree. Nothing is agreed before you do."))
    if agreement.state is not AgreementState.OFFERED:
        raise NotSigned(N_("This text has been replaced meanwhile. Please read the new one before you sign."))
    agreement.move_to(AgreementState.SIGNED)
    agreement.typed_name, agreement.signed_at = name, signature.at
    agreement.address, agreement.browser = signature.address, signature.browser[:400]
    session.flush()
    facts = {"text": agreement.text_sha256, "pdf": agreement.pdf_sha256, "real_time": signature.at}
    words = {"name": name, "address": signature.address}
    audit.record(
        agreement.customer_id, "agreement.signed", by=by, now=now, about=agreement.source, facts=facts, words=words
    )


def decline(agreement: Agreement, *, by: Actor, now: datetime) -> None:
    """Whoever does not sign says so."""
    session.refresh(agreement, with_for_update=True)
    _end(agreement, AgreementState.DECLINED, now)
    audit.record(agreement.customer_id, "agreement.declined", by=by, now=now, about=agreement.source, facts={})


def withdraw(agreement: Agreement, *, by: Actor, now: datetime) -> None:
    """Whoever offered it takes it back, or its time is over."""
    session.refresh(agreement, with_for_update=True)
    _end(agreement, AgreementState.WITHDRAWN, now)
    audit.record(agreement.customer_id, "agreement.withdrawn", by=by, now=now, about=agreement.source, facts={})


def offered(customer_id: int, about: str) -> Agreement | None:
    """What waits to be signed."""
    mine = (Agreement.customer_id == customer_id, Agreement.about == about)
    return session.scalar(select(Agreement).where(*mine, Agreement.state == AgreementState.OFFERED))


def signed(customer_id: int, about: str) -> Agreement | None:
    """What was signed last."""
    mine = (Agreement.customer_id == customer_id, Agreement.about == about)
    query = select(Agreement).where(*mine, Agreement.state == AgreementState.SIGNED)
    return session.scalar(query.order_by(Agreement.signed_at.desc()).limit(1))


def of_customers(customers: Sequence[int]) -> Sequence[Agreement]:
    """Newest first, without what was replaced."""
    query = select(Agreement).where(Agreement.customer_id.in_(customers), Agreement.state != AgreementState.WITHDRAWN)
    return session.scalars(query.order_by(Agreement.offered_at.desc(), Agreement.id.desc())).all()


def find(customers: Sequence[int], agreement_id: int) -> Agreement | None:
    return session.scalar(select(Agreement).where(Agreement.customer_id.in_(customers), Agreement.id == agreement_id))


def _end(agreement: Agreement, state: AgreementState, now: datetime) -> None:
    agreement.move_to(state)
    agreement.ended_at = now
    session.flush()
