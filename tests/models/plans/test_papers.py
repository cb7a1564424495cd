"""What is put before somebody to be signed says the same as text and on paper, in the language that counts."""

from collections.abc import Callable
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import Engine, update

from models import accounts, plans
from models.agreements import Paper
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer
from models.database import session
from models.dunning import standard
from models.dunning.reviewed import ReviewState
from models.dunning.templates import TemplateText, TemplateVersion
from models.ledger import Entry
from models.plans import Plan, Proposal, Way
from models.transactions import transaction
from models.words import LANGUAGES
from tests.conftest import NOW, TODAY
from tests.models.plans.owing import eur, months

Offer = Callable[[Way], Plan]


@pytest.fixture
def offer(customer: Customer, contact: Contact, items: list[Entry]) -> Offer:
    def offered(way: Way) -> Plan:
        proposal = Proposal(
            shares={item.id: item.left for item in items},
            lines=[(day, eur(3_100)) for day in months(4)],
            fee=eur(400),
            way=way,
            grace_days=5,
            retries=2,
            misses=2,
            moves=1,
        )
        with transaction():
            made = plans.keep_draft(customer.id, contact.id, "EUR", {}, on=TODAY, now=NOW)
            by = Actor(ActorKind.CONTACT, contact.id)
            plans.offer(made, proposal, until=TODAY, by=by, on=TODAY, now=NOW)
        return made

    return offered


@pytest.fixture
def approved(engine: Engine) -> None:
    with transaction():
        standard.ensure(now=NOW)
        session.execute(update(TemplateVersion).values(state=ReviewState.APPROVED, live_at=NOW))


def printed(paper: Paper) -> str:
    return "".join("".join(page.extract_text().split()) for page in PdfReader(BytesIO(paper.pdf)).pages)


@pytest.mark.parametrize("way", Way)
def test_each_language_reads_and_prints_whole(
    approved: None, offer: Offer, customer: Customer, contact: Contact, way: Way
) -> None:
    plan = offer(way)
    for language in LANGUAGES:
        paper = accounts.plan_paper(plan, customer, contact, language, now=NOW)
        assert paper is not None
        assert (paper.language, paper.binding_language, paper.binding_text) == (language, language, "")
        assert "{" not in paper.text
        assert paper.text.count("\n\n") == 9, "every paragraph, and the schedule"
        assert f"P-{plan.id}" in printed(paper)
        again = accounts.plan_paper(plan, customer, contact, language, now=NOW)
        assert again is not None
        assert again.pdf == paper.pdf, "the same bytes, so that a hash tells something"


def test_what_counsel_has_not_approved_is_a_translation_beside_what_counts(
    approved: None, offer: Offer, customer: Customer, contact: Contact
) -> None:
    with transaction():
        session.query(TemplateText).filter(TemplateText.language.in_(["el", "fa"])).delete()
    plan = offer(Way.TRANSFER)
    for language in ("el", "fa"):
        paper = accounts.plan_paper(plan, customer, contact, language, now=NOW)
        assert paper is not None
        assert (paper.language, paper.binding_language) == (language, "en")
        assert "Instalment plan" in paper.binding_text
        assert "English" in paper.text.splitlines()[0]
        assert "Instalmentplan" in printed(paper)


def test_without_approved_words_nothing_can_be_signed(offer: Offer, customer: Customer, contact: Contact) -> None:
    with transaction():
        standard.ensure(now=NOW)
    assert accounts.plan_paper(offer(Way.TRANSFER), customer, contact, "en", now=NOW) is None
