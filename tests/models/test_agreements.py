"""What somebody signs is kept as it was read, once, with who signed it and from where."""

import hashlib
from datetime import timedelta

import pytest

from models import agreements
from models.agreements import Agreement, AgreementState, NotSigned, Paper, Signature
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer
from models.transactions import transaction
from tests.conftest import NOW
from tests.making import Maker

PAPER = Paper("Plan P-7", "lt", "Sutinkame", "en", "We agree", b"%PDF-1.7", {"policy": 3})


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer()


@pytest.fixture
def contact(make: Maker, customer: Customer) -> Contact:
    return make.contact(customer)


def offered(contact: Contact) -> Agreement:
    by = Actor(ActorKind.CONTACT, contact.id)
    with transaction():
        return agreements.offer(contact.customer_id, contact.id, "plans:7", PAPER, by=by, now=NOW)


def sign(agreement: Agreement, name: str = "Rūta  Kazlauskienė", *, agreed: bool = True) -> None:
    said = Signature(name, agreed, "192.0.2.7", "Firefox", NOW + timedelta(hours=1))
    with transaction():
        agreements.sign(agreement, said, by=Actor(ActorKind.CONTACT, agreement.contact_id), now=NOW)


def test_the_bytes_that_were_read_are_kept_with_their_hash(contact: Contact) -> None:
    agreement = offered(contact)
    sign(agreement)
    assert (agreement.typed_name, agreement.signed_at) == ("Rūta Kazlauskienė", NOW + timedelta(hours=1))
    assert agreement.text_sha256 == hashlib.sha256(b"Sutinkame\n\f\nWe agree").hexdigest()
    assert agreement.pdf_sha256 == hashlib.sha256(agreement.pdf).hexdigest()
    assert agreement.is_translated
    assert agreements.signed(contact.customer_id, "plans:7") is agreement
    with pytest.raises(NotSigned):
        sign(agreement)


@pytest.mark.parametrize(("name", "agreed"), [(" ", True), ("R", True), ("Rūta Kazlauskienė", False)])
def test_nothing_is_signed_without_a_name_and_a_yes(contact: Contact, name: str, agreed: bool) -> None:
    agreement = offered(contact)
    with pytest.raises(NotSigned):
        sign(agreement, name, agreed=agreed)
    assert agreements.signed(contact.customer_id, "plans:7") is None


def test_a_text_that_was_replaced_is_not_signed(contact: Contact) -> None:
    former = offered(contact)
    assert offered(contact).state is AgreementState.OFFERED
    with pytest.raises(NotSigned, match="replaced"):
        sign(former)
