"""From a text with named places to the words somebody reads: values written in their language, then put in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

from models import words
from models.company import Company
from models.dunning.placeholders import BLOCKS, NAME, Text, shown
from models.dunning.signing import signed
from models.gateways.mail_templates import ending, render_mail
from models.money import Money, total
from models.policies.sequences import Purpose, Signer
from models.words import Calendar

if TYPE_CHECKING:
    from models.gateways.mail_templates import Mail

PLACE = re.compile(NAME.pattern + r"(\.?)")
COMMAS = {"fa": "، "}


@dataclass(frozen=True, slots=True)
class Item:
    """Something open: `asked` is what the message asks for of it, net of what holds take."""

    number: str
    due_on: date | None
    asked: Money

    def days_late(self, on: date) -> int:
        return max((on - self.due_on).days, 0) if self.due_on else 0


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What a message is about. `items` oldest due first; `totals` one for each currency, less credits. `signer`: in
    whose name it goes.
    """

    customer: str
    customer_number: str
    person: str
    items: Sequence[Item]
    totals: Sequence[Money]
    today: date
    pay_by: date | None = None
    reference: str = ""
    signer: Signer = Signer.COMPANY

    @classmethod
    def of(cls, items: Sequence[Item], **rest: object) -> "Facts":
        """With the items' own sums as totals."""
        currencies = dict.fromkeys(item.asked.currency for item in items)
        sums = [total((one.asked for one in items if one.asked.currency == code), code) for code in currencies]
        # The other fields keep their types, which a signature of `**rest` cannot pass on.
        return cls(items=items, totals=sums, **rest)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Line:
    """An item in the reader's words. `late` is empty where it is not."""

    number: str
    due: str
    amount: str
    late: str


@dataclass(frozen=True, slots=True)
class Values:
    """
    Everything that a text may name, already written in the reader's language and calendar. `link` opens the account,
    `unsubscribe` stops mails like this one; both are addresses, empty where there is none. `advice`: where free and
    independent advice about debt is found (`advice.place`), or nothing.
    """

    language: str
    calendar: Calendar
    timezone: str
    named: Mapping[str, str]
    lines: Sequence[Line]
    link: str = ""
    unsubscribe: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (`kind` text, or own: not of the approved words) with its lines; the place of items or link."""

    kind: str
    lines: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Composed:
    subject: str
    blocks: Sequence[Block]
    button: str = field(default="")

    @property
    def said(self) -> str:
        """All of it as plain text, without list and button."""
        paragraphs = ("\n".join(block.lines) for block in self.blocks if block.kind == "text")
        return "\n\n".join((self.subject, *paragraphs))


def written(
    facts: Facts,
    company: Company,
    language: str,
    *,
    calendar: Calendar = "gregorian",
    whole_numbers: bool = False,
    link: str = "",
    unsubscribe: str = "",
    advice: str = "",
) -> Values:
    """
    :param whole_numbers: on paper, and in the mail that brings the invoice; other mails show the last four characters,
        because more people read mails than those they are for.
    """
    with words.speak(language, calendar, company.timezone):
        lines = [_line(item, facts.today, whole_numbers) for item in facts.items]
        named = {name: " ".join(value.split()) for name, value in _named(facts, company, lines).items()}
    return Values(language, calendar, company.timezone, named, lines, link, unsubscribe, advice)


def _line(item: Item, today: date, whole: bool) -> Line:
    late = item.days_late(today)
    return Line(
        number=item.number if whole else ending(item.number),
        due=words.date(item.due_on) if item.due_on else "",
        amount=words.money(item.asked),
        late=words.days_late(late) if late else "",
    )


def _named(facts: Facts, company: Company, lines: Sequence[Line]) -> dict[str, str]:
    due = [item.due_on for item in facts.items if item.due_on]
    late = max((item.days_late(facts.today) for item in facts.items), default=0)
    ways = [way for way in (company.help_phone, company.help_email) if way]
    return {
        "person": words.written(facts.person or facts.customer),
        "customer": words.written(facts.customer),
        "account": words.written(facts.customer_number),
        "company": words.written(company.name),
        "total_due": words.list_of([words.money(amount) for amount in facts.totals]),
        "invoice": words.written(lines[0].number) if lines else "",
        "due_on": words.date(min(due), "long") if due else "",
        "days_late": words.days_late(late) if late else "",
        "pay_by": words.date(facts.pay_by, "long") if facts.pay_by else "",
        "help": COMMAS.get(words.language(), ", ").join(words.written(way) for way in ways or [company.name]),
        "help_phone": words.written(company.help_phone or company.help_email),
        "reference": words.written(facts.reference),
        "iban": words.written(company.iban),
        "signer": signed(facts.signer, company),
    }


def compose(text: Text, values: Values) -> Composed:
    """Put the values in, once: what a value brings is never read again as a place."""
    blocks = [block for paragraph in _paragraphs(text.body) for block in _blocks(paragraph, values)]
    return Composed(_filled(text.subject, values), blocks, _filled(text.button, values))


def _paragraphs(body: str) -> Iterator[list[str]]:
    paragraph: list[str] = []
    for line in (*body.splitlines(), ""):
        if line.strip():
            paragraph.append(line.strip())
        elif paragraph:
            yield paragraph
            paragraph = []


def _blocks(paragraph: Sequence[str], values: Values) -> Iterator[Block]:
    lines: list[str] = []
    for line in paragraph:
        name = next((name for name in BLOCKS if line == shown(name)), "")
        if name:
            if lines:
                yield Block("text", lines)
            yield Block(name)
            lines = []
        else:
            lines.append(_filled(line, values))
    if lines:
        yield Block("text", lines)


def with_own(composed: Composed, own: str) -> Composed:
    """What somebody adds stands before the last paragraph, which is the closing, and is never read as a place."""
    added = [Block("own", lines) for lines in _paragraphs(own)]
    closing = [*composed.blocks[-1:]] if composed.blocks and composed.blocks[-1].kind == "text" else []
    before = composed.blocks[: len(composed.blocks) - len(closing)]
    return replace(composed, blocks=[*before, *added, *closing])


def _filled(part: str, values: Values) -> str:
    """A value that ends in a full stop, as a Lithuanian date does, ends the sentence as well."""

    def fill(place: re.Match[str]) -> str:
        value = values.named.get(place[1], place[0].removesuffix("."))
        return value if value.endswith(place[2] or "\0") else value + place[2]

    return PLACE.sub(fill, part)


def mail(text: Text, values: Values, company: Company, purpose: Purpose = Purpose.REMINDER, *, own: str = "") -> "Mail":
    """
    Subject, text and HTML of a mail; the frame adds who writes, why, and how to stop such mails.

    :param own: what somebody adds to the approved words.
    """
    composed = with_own(compose(text, values), own)
    with words.speak(values.language, values.calendar, values.timezone):
        return render_mail(
            "reminder", values.language, company=company, composed=composed, values=values, purpose=purpose.value
        )
