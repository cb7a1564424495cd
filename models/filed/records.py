"""Documents on file as rows: what each is, whose eyes it is for, and how its signature stands."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from sqlalchemy import ARRAY, BigInteger, ForeignKeyConstraint, Identity, Index, any_, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from models import agreements, files
from models.database import Base, session
from models.errors import N_
from models.files import File
from models.states import Stateful


class FiledKind(StrEnum):
    CONTRACT = "contract"
    PURCHASE_ORDER = "purchase_order"
    PAYMENT_TERMS = "payment_terms"


class FiledState(StrEnum):
    ON_FILE = "on_file"
    WAITING = "waiting"  # For a signature.
    SIGNED = "signed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"  # By us, before it was signed.
    LAPSED = "lapsed"
    REMOVED = "removed"  # Filed by mistake: nobody is shown it any more.


KINDS: Mapping[FiledKind, str] = MappingProxyType(
    {
        FiledKind.CONTRACT: N_("Contract"),
        FiledKind.PURCHASE_ORDER: N_("Purchase order"),
        FiledKind.PAYMENT_TERMS: N_("Terms of payment"),
    }
)
S = FiledState
_UNSIGNED = frozenset({S.WAITING, S.REMOVED})


class FiledDocument(Stateful, Base):
    """
    Its PDF is the one file that is about it (`files`). `language` is the PDF's, `invoice_id` what it belongs to where
    that is not the whole account. The customer reads it where it is `shared`. `contact_id` is whom it was sent to last,
    to be signed until `sign_until`; `agreement_id` is what was put before them. `reason` is why it was not signed, in
    the words of whoever said so. `certificate` is the page that tells who signed which bytes, as it was made then.
    """

    __tablename__ = "filed_documents"
    __table_args__ = (
        ForeignKeyConstraint(["customer_id", "invoice_id"], ["invoices.customer_id", "invoices.id"]),
        Index("ix_filed_documents_waiting", "sign_until", postgresql_where="state = 'waiting'"),
    )
    TRANSITIONS: ClassVar = {
        S.ON_FILE: _UNSIGNED,
        S.WAITING: frozenset({S.SIGNED, S.DECLINED, S.WITHDRAWN, S.LAPSED}),
        S.DECLINED: _UNSIGNED,
        S.WITHDRAWN: _UNSIGNED,
        S.LAPSED: _UNSIGNED,
        S.SIGNED: frozenset[FiledState](),
        S.REMOVED: frozenset[FiledState](),
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[FiledKind]
    title: Mapped[str]
    language: Mapped[str]
    invoice_id: Mapped[int | None]
    shared: Mapped[bool]
    state: Mapped[FiledState]
    staff_id: Mapped[int]
    filed_on: Mapped[date]
    contact_id: Mapped[int | None]
    agreement_id: Mapped[int | None]
    sent_on: Mapped[date | None]
    sign_until: Mapped[date | None]
    ended_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(server_default="")
    certificate: Mapped[bytes | None] = mapped_column(deferred=True)
    certificate_sha256: Mapped[str] = mapped_column(server_default="")

    @property
    def source(self) -> str:
        return f"filed_documents:{self.id}"

    @property
    def number(self) -> str:
        """What people call it."""
        return f"D-{self.id}"

    @property
    def is_waiting(self) -> bool:
        return self.state is FiledState.WAITING

    @property
    def may_be_sent(self) -> bool:
        return FiledState.WAITING in self.TRANSITIONS[self.state]


def find(customers: Sequence[int], document_id: int) -> FiledDocument | None:
    """One of these customers' documents."""
    mine = (FiledDocument.customer_id.in_(customers), FiledDocument.id == document_id)
    return session.scalar(select(FiledDocument).where(*mine, FiledDocument.state != FiledState.REMOVED))


# Made once: every statement and every account asks it.
_OF_CUSTOMERS = (
    select(FiledDocument)
    .where(
        FiledDocument.customer_id == any_(bindparam("customers", type_=ARRAY(BigInteger))),
        FiledDocument.state != FiledState.REMOVED,
    )
    .order_by(FiledDocument.filed_on.desc(), FiledDocument.id.desc())
)


def of_customers(customers: Sequence[int]) -> Sequence[FiledDocument]:
    """Newest first."""
    return session.scalars(_OF_CUSTOMERS, {"customers": list(customers)}).all()


def of_invoice(customer_id: int, invoice_id: int) -> Sequence[FiledDocument]:
    return [one for one in of_customers([customer_id]) if one.invoice_id == invoice_id]


def shown_to(documents: Sequence[FiledDocument]) -> list[FiledDocument]:
    """Those that the customer reads."""
    return [one for one in documents if one.shared]


def file_of(document: FiledDocument) -> File:
    [file] = files.of(document.customer_id, document.source)
    return file


def content_of(document: FiledDocument) -> bytes:
    """The PDF, as it was taken and as it is signed."""
    return file_of(document).content


def about(customer_id: int, source: str) -> FiledDocument | None:
    """The document that a task names by what was put before the customer ('agreements:12')."""
    noun, _, number = source.partition(":")
    agreement = agreements.find([customer_id], int(number)) if noun == "agreements" else None
    noun, _, number = (agreement.about if agreement else "").partition(":")
    return find([customer_id], int(number)) if noun == "filed_documents" else None
