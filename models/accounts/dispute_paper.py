"""The answer to a case on paper: what was decided and why, what is credited, what happens next, how to disagree."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from models import company as creditors
from models import customers, disputes, ledger, words
from models.accounts import stationery
from models.company import Company
from models.customers import Customer
from models.disputes import OUTCOMES, REASONS, Decision, DecisionState, Dispute, Outcome, Remedy, Verdict
from models.errors import N_
from models.gateways import pdf
from models.gateways.mail import Attachment
from models.messages import find as find_message
from models.money import Money, total
from models.words import gettext as _

PROMISES = {
    Remedy.CREDIT: N_("We credit what we owe you by %(day)s."),
    Remedy.REPLACEMENT: N_("We send you a replacement by %(day)s."),
    Remedy.REPAIR: N_("We repair it by %(day)s."),
    Remedy.RETURN: N_("We take the goods back. Please send them so that they arrive by %(day)s."),
    Remedy.EXPLANATION: N_("We explain it to you by %(day)s."),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a letter says: of a decision, or of what somebody is about to decide. `rest` is asked for again; `given_back`:
    some of the credit is for what was paid already.
    """

    outcome: Outcome
    text: str
    credits: Mapping[int, Money]
    remedy: Remedy | None
    remedy_on: date | None
    resume_on: date
    rest: Money
    given_back: bool
    on: date
    at: datetime


def dispute_letter_pdf(dispute: Dispute, decision: Decision) -> bytes:
    """A tagged PDF in the language of the case; the same whenever it is asked for."""
    credits = {row.position: dispute.money(row.credited_minor) for row in disputes.decision_lines_of(decision)}
    on = creditors.get().today(decision.decided_at)
    before = (one for one in _final(dispute) if one.id <= decision.id)
    given = total((one.credited for one in before), dispute.currency)
    answer = Answer(
        outcome=decision.outcome,
        text=decision.text,
        credits=credits,
        remedy=decision.remedy,
        remedy_on=decision.remedy_on,
        resume_on=decision.resume_on,
        rest=dispute.claimed - given,
        given_back=_unused(dispute, decision),
        on=on,
        at=decision.decided_at,
    )
    return _letter(dispute, answer)


def dispute_letter_preview(dispute: Dispute, verdict: Verdict, *, on: date, now: datetime) -> bytes:
    """The letter as it would go if it were decided so."""
    credits = {position: amount for position, amount in verdict.credits.items() if amount}
    credited = total(credits.values(), dispute.currency)
    given = disputes.credited(dispute) + credited
    answer = Answer(
        outcome=verdict.outcome,
        text=verdict.text,
        credits=credits,
        remedy=verdict.remedy,
        remedy_on=verdict.remedy_on,
        resume_on=max(verdict.resume_on or disputes.limits().resume_on(on), on),
        rest=max(dispute.claimed - given, dispute.money(0)),
        given_back=ledger.entry_of(dispute.customer_id, dispute.entry_id).left < credited,
        on=on,
        at=now,
    )
    return _letter(dispute, answer)


def answers_enclosed(customer_id: int, message_id: int, _now: datetime) -> list[Attachment]:
    """
    The letter, in the mail that tells of a decision; the mail's cause names it, and whose it is: of the reader, or of
    an account that is read as part of theirs. A fault of ours must cost nobody the mail: the page has the letter too.
    """
    row = find_message(customer_id, message_id)
    what, _, decision_id = (row.dedupe_key if row else "").rpartition(":")
    if not what.endswith(":decided"):
        return []
    owner_id = int(what.split(":")[1])
    decision = disputes.find_decision(owner_id, int(decision_id))
    dispute = disputes.find(owner_id, decision.dispute_id) if decision else None
    if dispute is None or decision is None:
        return []
    try:
        return [Attachment(f"{dispute.number}-{decision.id}.pdf", dispute_letter_pdf(dispute, decision))]
    except pdf.LetterFailed as error:
        import structlog

        structlog.get_logger().error("letter_not_enclosed", decision=decision.id, exc_info=error)
        return []


def _unused(dispute: Dispute, decision: Decision) -> bool:
    """Whether the credit note was more than what was open of the item."""
    if decision.entry_id is None:
        return False
    uses = ledger.allocations_of(dispute.customer_id, decision.entry_id)
    used = sum(use.amount.minor for use in uses if use.debit.id == dispute.entry_id)
    return used < decision.credited_minor


def _final(dispute: Dispute) -> list[Decision]:
    return list(disputes.decisions_of(dispute, state=DecisionState.FINAL))


def _letter(dispute: Dispute, answer: Answer) -> bytes:
    creditor, customer = creditors.get(), customers.find(dispute.customer_id)
    assert customer is not None
    language = dispute.language if words.known(dispute.language) else creditor.language
    with words.speak(language, timezone=creditor.timezone):
        content = _content(customer, dispute, answer, creditor)
        return pdf.answer(content, language=language, made_at=answer.at)


def _content(customer: Customer, dispute: Dispute, answer: Answer, creditor: Company) -> pdf.Answer:
    credited = total(answer.credits.values(), dispute.currency)
    heading = _("Our answer to your case %(number)s", number=dispute.number)
    outcome = pdf.Fact(label=_("Our answer"), value=_(OUTCOMES[answer.outcome]))
    details = [
        *([pdf.Fact(label=_("Credited"), value=words.money(credited))] if credited else []),
        pdf.Fact(label=_("Invoice"), value=disputes.card_of(dispute).invoice_number),
        pdf.Fact(label=_("What you told us"), value=_(REASONS[dispute.reason])),
        pdf.Fact(label=_("Told us on"), value=words.date(dispute.opened_on)),
    ]
    facts = [
        pdf.Fact(label=_("Customer number"), value=customer.number_as_written),
        pdf.Fact(label=_("Case"), value=dispute.number),
        pdf.Fact(label=_("Date"), value=words.date(answer.on)),
    ]
    return pdf.Answer(
        title=heading,
        heading=heading,
        sender=stationery.sender(creditor),
        recipient=stationery.recipient(customer),
        facts=facts,
        dates_line=_("Effective by %(day)s, as known at %(moment)s", day=answer.on, moment=answer.at),
        intro="",
        notes=[],
        amount=outcome,
        details=[fact for fact in details if fact["value"]],
        reasons=[part.strip() for part in answer.text.replace("\r", "").split("\n\n") if part.strip()],
        lines=_lines(dispute, answer),
        sections=[section for section in (_next(answer, credited), _disagree(dispute, answer)) if section],
    )


def _lines(dispute: Dispute, answer: Answer) -> pdf.Table:
    lines, none = disputes.lines_of(dispute), dispute.money(0)
    rows = [
        [
            *(line.description or _("The whole bill"), words.amount(dispute.money(line.claimed_minor))),
            words.amount(answer.credits.get(line.position, none)),
        ]
        for line in lines
    ]
    credited = total(answer.credits.values(), dispute.currency)
    return pdf.Table(
        heading=_("What is credited, in %(currency)s", currency=dispute.currency),
        columns=[_("What"), _("Disputed"), _("Credited")],
        rows=rows if credited else [],
        total=[_("Total"), words.amount(dispute.claimed), words.amount(credited)],
    )


def _next(answer: Answer, credited: Money) -> pdf.Section | None:
    told = []
    if credited:
        told.append(_("%(amount)s comes off your bill. The credit note is on your account.", amount=credited))
    if answer.given_back:
        told.append(_("What you have paid too much we give back, or keep for later bills, as you choose."))
    if answer.remedy and answer.remedy_on:
        told.append(_(PROMISES[answer.remedy], day=answer.remedy_on))
    if answer.rest:
        told.append(_("From %(day)s on we ask for %(amount)s again.", day=answer.resume_on, amount=answer.rest))
    return pdf.Section(heading=_("What happens next"), paragraphs=told) if told else None


def _disagree(dispute: Dispute, answer: Answer) -> pdf.Section | None:
    if answer.outcome is Outcome.UPHELD and not answer.rest:
        return None
    if dispute.appealed_on:
        told = _("Two people have now looked at your case. This is our last word; a court can still decide otherwise.")
    else:
        last_day = answer.resume_on - timedelta(days=1)
        told = _(
            "Tell us by %(day)s on your statement page, by telephone or by mail. Somebody else then looks at it, and "
            "nothing is asked for until they have.",
            day=last_day,
        )
    return pdf.Section(heading=_("If you see it differently"), paragraphs=[told])
