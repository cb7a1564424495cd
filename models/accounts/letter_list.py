"""The list that lies on top of a run's letters: to tick off while they go into envelopes, and for printing houses."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from models import words
from models.accounts import stationery
from models.accounts.files import safe_cell
from models.company import Company
from models.gateways import pdf
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
