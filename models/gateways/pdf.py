"""Letters on paper: a template of ours and values as JSON become a tagged PDF, by typst."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NotRequired, TypedDict

from models import words
from models.gateways.glyphs import FAMILIES, FONTS, PERSIAN_FAMILIES, printable

if TYPE_CHECKING:
    import typst

LETTERS = Path(__file__).resolve().parents[2] / "templates" / "letters"
STANDARDS: "list[typst.PDFStandard]" = ["ua-1", "a-3u"]
# typst keeps what it laid out for the next ten documents: some 200 MB for a statement of 2,602 items.
KEPT_DOCUMENTS = 11
KEPT_CHARACTERS = 100_000


class LetterFailed(RuntimeError):
    """The template and the values do not fit: a fault of ours, never of the reader's."""


class Fact(TypedDict):
    label: str
    value: str


class Sender(TypedDict):
    """`lines`: the postal address. `imprint`: registration, phone and the like, one line at the foot of each page."""

    name: str
    lines: Sequence[str]
    imprint: str


class Recipient(TypedDict):
    """`lines`: at most six, or they leave the envelope's window."""

    name: str
    lines: Sequence[str]


class Table(TypedDict):
    """Every row and `total` has one text per column; amounts without currency, which `heading` or a column names."""

    heading: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    total: Sequence[str] | None
    empty: NotRequired[str]


class Ageing(TypedDict):
    heading: str
    columns: Sequence[str]
    amounts: Sequence[str]


class Account(TypedDict):
    """
    What is open in one currency.

    `heading` is empty where there is one currency only. The first fact of `summary` is printed large.
    `items`: number, kind, issued, due, amount, open, status. `credits`: number, kind, date, amount, unused.
    """

    heading: str
    summary: Sequence[Fact]
    items: Table
    credits: Table
    ageing: Ageing | None


class Code(TypedDict):
    """A drawn QR code (`gateways.qr`), what it says to those who cannot see it, and a word beneath."""

    svg: str
    alt: str
    caption: str


class Payment(TypedDict):
    heading: str
    intro: str
    facts: Sequence[Fact]
    qr: Code | None


class Letter(TypedDict):
    """
    What every letter carries; all texts are finished words in the reader's language.

    `title`: of the file. `facts`: the block beside the address, where both dates belong too, because the
    foot of a page (`dates_line`: effective by, as known at) is not read aloud. `notes`: paragraphs at the end.
    """

    title: str
    heading: str
    sender: Sender
    recipient: Recipient
    facts: Sequence[Fact]
    dates_line: str
    intro: str
    notes: Sequence[str]


class Statement(Letter):
    accounts: Sequence[Account]
    payment: Payment | None


class Invoice(Letter):
    """
    `amount` is printed large. `lines`: description, quantity, rate, tax, net, or none. `payments`: date, what, amount.
    """

    amount: Fact
    details: Sequence[Fact]
    lines: Table | None
    payments: Table
    payment: Payment | None


class Receipt(Letter):
    """`items`: number, due, amount of the item, how much of it this paid."""

    amount: Fact
    details: Sequence[Fact]
    items: Table


class Paragraph(TypedDict):
    """`kind` text with its lines, or items: the place of the table."""

    kind: str
    lines: Sequence[str]


class OnlinePayment(TypedDict):
    """A page that shows what a letter may show, as an address to type and a code to scan."""

    heading: str
    intro: str
    address: str
    qr: Code


class Reminder(Letter):
    """`items`: number, due, how late, how much is asked for."""

    paragraphs: Sequence[Paragraph]
    items: Table
    payment: Payment | None
    online: OnlinePayment | None


class Section(TypedDict):
    heading: str
    paragraphs: Sequence[str]


class Answer(Letter):
    """The answer to a case. `reasons`: paragraphs as staff wrote them. `lines`: what, disputed, credited."""

    amount: Fact
    details: Sequence[Fact]
    reasons: Sequence[str]
    lines: Table
    sections: Sequence[Section]


class AgreementPart(TypedDict):
    """One language of an agreement, `note` before it all; `schedule` stands where a paragraph is of that kind."""

    language: str
    heading: str
    note: str
    rtl: bool
    paragraphs: Sequence[Paragraph]
    schedule: Table


class Agreement(Letter):
    """What is signed: the reader's language first; where that is a translation, then the one that counts."""

    parts: Sequence[AgreementPart]


class Certificate(Letter):
    """Who signed a `document`; `text` is what they read, in paragraphs."""

    document: Sequence[Fact]
    signature_heading: str
    signature: Sequence[Fact]
    text_heading: str
    text: Sequence[Paragraph]


class LetterList(Letter):
    """What goes into the envelopes of a run: `letters` in the order in which they are printed."""

    letters: Table


def statement(values: Statement, *, language: str, made_at: datetime) -> bytes:
    return letter("statement", values, language=language, made_at=made_at)


def invoice(values: Invoice, *, language: str, made_at: datetime) -> bytes:
    return letter("invoice", values, language=language, made_at=made_at)


def receipt(values: Receipt, *, language: str, made_at: datetime) -> bytes:
    return letter("receipt", values, language=language, made_at=made_at)


def reminder(values: Reminder, *, language: str, made_at: datetime) -> bytes:
    return letter("reminder", values, language=language, made_at=made_at)


def answer(values: Answer, *, language: str, made_at: datetime) -> bytes:
    return letter("answer", values, language=language, made_at=made_at)


def agreement(values: Agreement, *, language: str, made_at: datetime) -> bytes:
    return letter("agreement", values, language=language, made_at=made_at)


def certificate(values: Certificate, *, language: str, made_at: datetime) -> bytes:
    return letter("certificate", values, language=language, made_at=made_at)


def letter_list(values: LetterList, *, language: str, made_at: datetime) -> bytes:
    return letter("letter_list", values, language=language, made_at=made_at)


def letter(template: str, values: Mapping[str, object], *, language: str, made_at: datetime) -> bytes:
    """
    A PDF/UA-1 and PDF/A-3u file; the same values, language and moment give the same bytes.

    Values are data to typst, never markup: no text of a customer's can become code or name a file.

    :param template: the name of a file of ours in `templates/letters`, never anything from outside.
    :raises LetterFailed: typst refused, or had a warning.
    """
    families = PERSIAN_FAMILIES if language == "fa" else FAMILIES
    inputs = {
        "values": json.dumps(printable(values, families), ensure_ascii=False),
        "reader": json.dumps(_reader(language), ensure_ascii=False),
    }
    with _one_at_a_time:
        return _pressed(template, inputs, made_at)


def _reader(language: str) -> Mapping[str, object]:
    with words.speak(language):
        return {
            "language": language,
            "script": "Arab" if language == "fa" else "Latn",
            "direction": words.direction(),
            "digits": list(words.digits("0123456789")),
            "page_line": printable(words.gettext("Page %(page)s of %(pages)s", page="{page}", pages="{pages}")),
        }


# typst's compiler belongs to one caller at a time; it lets other threads run while it works.
_one_at_a_time = Lock()
_compiler: "typst.Compiler | None" = None
_characters_kept = 0


def _pressed(template: str, inputs: dict[str, str], made_at: datetime) -> bytes:
    import typst

    global _characters_kept
    try:
        pdf, warnings = _press().compile_with_warnings(
            LETTERS / f"{template}.typ",
            format="pdf",
            sys_inputs=inputs,
            pdf_standards=STANDARDS,
            timestamp=int(made_at.timestamp()),
        )
    except BaseException as error:
        # A fault inside typst arrives as a PanicException, which is no Exception: it would end the thread.
        if isinstance(error, typst.TypstError) or type(error).__name__ == "PanicException":
            raise LetterFailed(f"{template}: {error}") from error
        raise
    if warnings or not isinstance(pdf, bytes):
        raise LetterFailed(f"{template}: " + "; ".join(warning.message for warning in warnings))
    _characters_kept += len(inputs["values"])
    if _characters_kept > KEPT_CHARACTERS:
        _forget()
    return pdf


def _press() -> "typst.Compiler":
    """The compiler with our fonts alone, loaded once per process."""
    import typst

    global _compiler
    if _compiler is None:
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
        _compiler = typst.Compiler(LETTERS / "letter.typ", root=LETTERS, font_paths=fonts, ignore_system_fonts=True)
    return _compiler


def _forget() -> None:
    """Age typst's memory, which it cleans by counting documents, with documents that cost next to nothing."""
    global _characters_kept
    for number in range(KEPT_DOCUMENTS):
        _press().compile(LETTERS / "blank.typ", format="svg", sys_inputs={"number": str(number)})
    _characters_kept = 0
