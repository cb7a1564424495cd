"""A reminder on paper, from the same approved words as a mail."""

from datetime import datetime

from models import words
from models.accounts import stationery
from models.accounts.transfer import Transfer
from models.company import Company
from models.dunning import texts
from models.dunning.templates import Wording
from models.dunning.texts import Composed, Facts, Values
from models.gateways import pdf, qr
from models.policies.sequences import Purpose
from models.words import Calendar
from models.words import gettext as _


def reminder_pdf(
    said: Wording,
    facts: Facts,
    company: Company,
    *,
    address: str,
    language: str,
    calendar: Calendar = "gregorian",
    link: str = "",
    how: Transfer | None = None,
    advice: str = "",
    now: datetime,
) -> bytes:
    """
    A tagged PDF.

    :param address: the customer's, in lines.
    :param link: of a page that shows what a letter may show, to type and to scan.
    :param advice: where free advice about debt is found (`dunning.advice`).
    :param how: to pay by transfer; left out where the company names no account.
    """
    spoken, text = said.text(language, company.language)
    values = texts.written(facts, company, spoken, calendar=calendar, whole_numbers=True, link=link, advice=advice)
    with words.speak(spoken, calendar, company.timezone):
        content = _content(said, texts.compose(text, values), facts, values, company, address, how, now)
        return pdf.reminder(content, language=spoken, made_at=now)


def _content(
    said: Wording,
    composed: Composed,
    facts: Facts,
    values: Values,
    company: Company,
    address: str,
    how: Transfer | None,
    now: datetime,
) -> pdf.Reminder:
    known = _("Effective by %(day)s, as known at %(moment)s", day=facts.today, moment=now)
    return pdf.Reminder(
        title=composed.subject,
        heading=composed.subject,
        sender=_sender(said, company),
        recipient=pdf.Recipient(
            name=facts.customer, lines=stationery.address_lines(address)[: stationery.WINDOW_LINES]
        ),
        facts=_facts(facts),
        dates_line=f"{known} · {said.key} {words.number(said.number)}",
        intro="",
        notes=[_("Free and independent advice about debt: %(where)s", where=values.advice)] if values.advice else [],
        paragraphs=[pdf.Paragraph(kind=block.kind, lines=block.lines) for block in composed.blocks],
        items=_items(facts, values),
        payment=stationery.payment(how),
        online=_online(values.link) if values.link else None,
    )


def _sender(said: Wording, company: Company) -> pdf.Sender:
    """The last letters come from the law firm, where the company names one."""
    lines = stationery.address_lines(company.law_firm)
    if said.purpose != Purpose.LAW_FIRM or not lines:
        return stationery.sender(company)
    return pdf.Sender(name=lines[0], lines=lines[1:], imprint="")


def _facts(facts: Facts) -> list[pdf.Fact]:
    found = [
        (_("Customer number"), facts.customer_number),
        (_("Date"), words.date(facts.today, "long")),
        (_("Please pay by"), words.date(facts.pay_by, "long") if facts.pay_by else ""),
    ]
    return [pdf.Fact(label=label, value=value) for label, value in found if value]


def _items(facts: Facts, values: Values) -> pdf.Table:
    sums = words.list_of([words.money(amount) for amount in facts.totals])
    return pdf.Table(
        heading="",
        columns=[_("Number"), _("Due"), _("How late"), _("Open")],
        rows=[[line.number, line.due, line.late, line.amount] for line in values.lines],
        total=[_("Total"), "", "", sums] if len(facts.totals) == 1 else None,
    )


def _online(link: str) -> pdf.OnlinePayment:
    caption = _("Scan to see it and pay")
    return pdf.OnlinePayment(
        heading=_("Pay online"),
        intro=_(
            "Type this address into your browser, or scan the code. What opens shows the amount and how to pay it."
        ),
        address=link,
        qr=pdf.Code(svg=qr.link(link, title=caption), alt=caption, caption=caption),
    )
