"""What is put before a customer to be signed: a plan in approved words, as text and as a PDF that says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models import agreements, audit, customers, plans, words
from models import company as creditors
from models.accounts import stationery
from models.accounts.transfer import reference_of_account, transfer_for_invoice
from models.agreements import Paper
from models.company import Company
from models.customers import Contact, Customer
from models.dunning import standard, templates
from models.dunning.placeholders import Text
from models.dunning.templates import Wording
from models.dunning.texts import COMMAS, Composed, Values, compose
from models.gateways import pdf
from models.gateways.mail import Attachment
from models.messages import find as find_message
from models.plans import Instalment, Plan
from models.words import gettext as _


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plan as its words name it, and whom it is for."""

    plan: Plan
    instalments: Sequence[Instalment]
    customer: Customer
    contact: Contact | None
    reference: str


KEYS = {plans.Way.AUTOMATIC: "plan_automatic", plans.Way.TRANSFER: "plan_transfer"}


def plan_paper(
    plan: Plan, customer: Customer, contact: Contact | None, language: str, *, now: datetime
) -> Paper | None:
    """
    In the reader's language where its words were approved. Else the approved words count, and a translation stands
    before them that says so. None where no words are approved at all: then nothing can be signed.
    """
    approved = next((one for one in templates.live().values() if one.key == KEYS[plan.way]), None)
    if approved is None:
        return None
    binding, counts = approved.text(language, creditors.get().language)
    reference = words.written(reference_of_account(plan.customer_id))
    drawn = Drawn(plan, plans.instalments_of(plan), customer, contact, reference)
    made_from = {"words": approved.version_id, "policy": plan.policy_id, "rule": plan.rule}
    if binding == language:
        composed = composed_for(counts, drawn, language)
        content = printed(drawn, [(language, composed, "")], approved, now=now)
        return Paper(composed.subject, language, _plain(drawn, language, composed), language, "", content, made_from)
    read = composed_for(standard.texts(language)[KEYS[plan.way]], drawn, language)
    binds = composed_for(counts, drawn, binding)
    note = _translated(language, binding)
    content = printed(drawn, [(language, read, note), (binding, binds, "")], approved, now=now)
    text = f"{note}\n\n{_plain(drawn, language, read)}"
    return Paper(read.subject, language, text, binding, _plain(drawn, binding, binds), content, made_from)


def can_be_signed(way: plans.Way) -> bool:
    """Counsel has approved its words."""
    return any(one.key == KEYS[way] for one in templates.live().values())


def put_before(customer_id: int, plan_id: int, *, now: datetime) -> None:
    """
    An offer of ours: its text is kept as it goes to the customer, with a mail that leads there. May run twice.

    :raises ValueError: counsel has taken the words back meanwhile.
    """
    plan, customer = plans.find([customer_id], plan_id), customers.find(customer_id)
    if plan is None or customer is None or plan.state is not plans.PlanState.OFFERED or plan.signed_at is not None:
        return
    contact = customers.contact_of(customer_id, plan.contact_id or 0)
    language = (contact and contact.language) or customer.language or creditors.get().language
    paper = plan_paper(plan, customer, contact, language, now=now)
    if paper is None:
        raise ValueError(f"no approved words for {plan.number}")
    former = agreements.offered(customer_id, plan.source)
    if former is None or former.text_sha256 != paper.digest:
        agreements.offer(customer_id, plan.contact_id, plan.source, paper, by=audit.JOB, now=now)
        plans.tell(plan, "offered", now=now)


def enclosed_with_plan(customer_id: int, message_id: int, now: datetime) -> list[Attachment]:
    """What was signed, byte for byte, in the mail that says so; a code for banking apps where one is to be sent."""
    row = find_message(customer_id, message_id)
    which = plans.brings_agreement(row.dedupe_key) if row else None
    plan = plans.find([which[0]], which[1]) if which else None
    kept = agreements.signed(plan.customer_id, plan.source) if plan else None
    if plan and kept:
        return [Attachment(f"{plan.number}.pdf", kept.pdf)]
    asked = plans.brings_code(row.dedupe_key) if row else None
    return _code(*asked, now) if asked else []


def _code(customer_id: int, plan_id: int, number: int, now: datetime) -> list[Attachment]:
    """Nothing where it has come since the mail was written."""
    creditor, plan = creditors.get(), plans.find([customer_id], plan_id)
    row = next((one for one in plans.instalments_of(plan) if one.number == number), None) if plan else None
    if plan is None or row is None or not row.is_living or plan.way is not plans.Way.TRANSFER:
        return []
    invoice_id = plans.invoice_sent_for(plan, row, creditor.today(now))
    how = transfer_for_invoice(creditor, customer_id, invoice_id, row.left)
    return [Attachment(f"{plan.number}-{number}.png", how.picture(), "image/png")] if how and how.has_code else []


def _translated(language: str, binding: str) -> str:
    with words.speak(language):
        name = words.native_name(binding)
        return _("This is a translation for you. The text that counts is the one in %(language)s below.", language=name)


def composed_for(text: Text, drawn: Drawn, language: str) -> Composed:
    """The words with everything that they name put in; the schedule keeps its place."""
    creditor = creditors.get()
    with words.speak(language, timezone=creditor.timezone):
        named = {name: " ".join(value.split()) for name, value in _named(drawn, creditor).items()}
    return compose(text, Values(language, "gregorian", creditor.timezone, named, (), "", "", ""))


def _named(drawn: Drawn, creditor: Company) -> dict[str, str]:
    plan, rows, customer, contact = drawn.plan, drawn.instalments, drawn.customer, drawn.contact
    ways = [way for way in (creditor.help_phone, creditor.help_email) if way] or [creditor.name]
    return {
        "person": words.written((contact and contact.name) or customer.name),
        "customer": words.written(customer.name),
        "account": words.written(customer.number_as_written),
        "company": words.written(creditor.name),
        "plan": words.written(plan.number),
        "total": words.money(plan.balance + plan.fee),
        "balance": words.money(plan.balance),
        "fee": words.money(plan.fee),
        "count": words.number(len(rows)),
        "first_day": words.date(rows[0].due_on, "long"),
        "last_day": words.date(rows[-1].due_on, "long"),
        "retries": words.number(plan.retries),
        "moves": words.number(plan.moves_left),
        "grace_days": words.number(plan.grace_days),
        "misses": words.number(plan.misses),
        "help": COMMAS.get(words.language(), ", ").join(words.written(way) for way in ways),
        "help_phone": words.written(creditor.help_phone or creditor.help_email),
        "reference": drawn.reference,
        "iban": words.written(creditor.iban),
    }


def _plain(drawn: Drawn, language: str, composed: Composed) -> str:
    """The same as on paper, line by line."""
    with words.speak(language, timezone=creditors.get().timezone):
        rows = [" · ".join(row) for row in _rows(drawn.instalments)]
    parts = ["\n".join(rows if block.kind == "schedule" else block.lines) for block in composed.blocks]
    return "\n\n".join((composed.subject, *parts))


def _rows(instalments: Sequence[Instalment]) -> list[list[str]]:
    return [[words.number(row.number), words.date(row.due_on, "long"), words.money(row.amount)] for row in instalments]


def printed(drawn: Drawn, parts: Sequence[tuple[str, Composed, str]], said: Wording, *, now: datetime) -> bytes:
    """`parts`: the language, the words in it, and a note before them."""
    plan, customer, creditor = drawn.plan, drawn.customer, creditors.get()
    language = parts[0][0]
    with words.speak(language, timezone=creditor.timezone):
        content = pdf.Agreement(
            title=parts[0][1].subject,
            heading=parts[0][1].subject,
            sender=stationery.sender(creditor),
            recipient=stationery.recipient(customer),
            facts=[
                pdf.Fact(label=_("Plan"), value=plan.number),
                pdf.Fact(label=_("Customer number"), value=customer.number_as_written),
                pdf.Fact(label=_("Date"), value=words.date(creditor.today(now))),
            ],
            dates_line=f"{plan.number} · {said.key} {said.number}",
            intro="",
            notes=[],
            parts=[_part(drawn, *part) for part in parts],
        )
        return pdf.agreement(content, language=language, made_at=now)


def _part(drawn: Drawn, language: str, composed: Composed, note: str) -> pdf.AgreementPart:
    with words.speak(language, timezone=creditors.get().timezone):
        return pdf.AgreementPart(
            language=language,
            heading=composed.subject,
            note=note,
            rtl=words.direction() == "rtl",
            paragraphs=[pdf.Paragraph(kind=block.kind, lines=list(block.lines)) for block in composed.blocks],
            schedule=pdf.Table(
                heading="",
                columns=[_("Number"), _("Day"), _("Amount")],
                rows=_rows(drawn.instalments),
                total=[_("Total"), "", words.money(drawn.plan.balance + drawn.plan.fee)],
            ),
        )
