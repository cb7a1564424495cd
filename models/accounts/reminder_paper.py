"""A reminder on paper, from the same approved words as a mail; and the list that lies on top of a run's letters."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from models import words
from models.accounts import stationery
from models.accounts.files import safe_cell
from models.accounts.transfer import Transfer
from models.company import Company
from models.dunning import texts
from models.dunning.templates import Wording
from models.dunning.texts import Composed, Facts, Values
from models.gateways import pdf, qr
from models.policies.sequences import Purpose
from models.words import Calendar
from models.words import gettext as _

LIST_COLUMNS = ("place", "customer_number", "name", "address", "country", "file", "words", "amount")


@dataclass(frozen=True, slots=True)
class Listed:
    """One letter of a run: its file, what it says, and whom it goes to. `said` names the version: 'final 3'."""

    customer_number: str
    name: str
    address: str
    country: str
    file: str
    said: str
    amount: str


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
        notes=[values.advice] if values.advice else [],
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


def letter_list_pdf(letters: Sequence[Listed], company: Company, on: date, *, now: datetime) -> bytes:
    """The list to tick off while letters go into envelopes, in the company's language."""
    with words.speak(company.language, timezone=company.timezone):
        heading = _("Letters of %(day)s", day=on)
        content = pdf.LetterList(
            title=heading,
            heading=heading,
            sender=stationery.sender(company),
            recipient=pdf.Recipient(name=company.name, lines=stationery.address_lines(company.address)),
            facts=[pdf.Fact(label=_("Letters"), value=words.number(len(letters)))],
            dates_line=_("Effective by %(day)s, as known at %(moment)s", day=on, moment=now),
            intro="",
            notes=[],
            letters=pdf.Table(
                heading="",
                columns=["", _("Customer"), _("Address"), _("Words"), _("Amount")],
                rows=[_row(place, one) for place, one in enumerate(letters, 1)],
                total=None,
            ),
        )
        return pdf.letter_list(content, language=company.language, made_at=now)


def _row(place: int, one: Listed) -> list[str]:
    where = ", ".join(stationery.address_lines(one.address))
    return [words.number(place), f"{one.name} ({one.customer_number})", where, one.said, one.amount]


def letter_list_csv(letters: Sequence[Listed]) -> str:
    """The same list for spreadsheets and printing houses; UTF-8 with a mark."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(LIST_COLUMNS)
    for place, one in enumerate(letters, 1):
        where = ", ".join(stationery.address_lines(one.address))
        row = (one.customer_number, one.name, where, one.country, one.file, one.said, one.amount)
        writer.writerow([place, *(safe_cell(cell) for cell in row)])
    return "\ufeff" + out.getvalue()
