"""Letters as their readers get them: what is printed, in which fonts, in which order, and how it is tagged."""

import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import UTC, datetime
from io import BytesIO
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some
from pypdf import PdfReader

from models.gateways import glyphs, pdf, qr
from models.gateways.pdf import LetterFailed
from models.money import Money

A_MORNING = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
OUR_FONTS = {"Inter-Regular", "Inter-SemiBold", "Vazirmatn-Regular", "Vazirmatn-SemiBold"}
PERSIAN_STREET = "خیابان فردوسی شهر تهران"  # Without the ligature لا, which poppler takes apart backwards.
EIGHTY_CHARACTERS = "Wielobranżowe Przedsiębiorstwo Handlowo-Usługowe „Żółć i Gęśl” Spółka z o.o. 080"

SENDER = {
    "name": "Baltic Supply UAB",
    "lines": ["Gedimino pr. 1", "LT-01103 Vilnius", "Lithuania"],
    "imprint": "Company code 301234567 · VAT LT100001234567 · +370 5 200 0000 · accounts@baltic.example",
}
STATEMENT = {
    "title": "Statement of account 0200769623, 20 Nov 2026",
    "heading": "Statement of account",
    "sender": SENDER,
    "recipient": {"name": "Kavinė „Ąžuolas“ MB", "lines": ["Pilies g. 12-4", "LT-01123 Vilnius", "Lithuania"]},
    "facts": [
        {"label": "Customer number", "value": "0200769623"},
        {"label": "Effective by", "value": "20 Nov 2026"},
        {"label": "As known at", "value": "22 Nov 2026, 11:00"},
        {"label": "Questions", "value": "+370 5 200 0000"},
    ],
    "dates_line": "Effective by 20 Nov 2026, as known at 22 Nov 2026, 11:00 (Vilnius).",
    "intro": "This is what our books show as open.",
    "accounts": [
        {
            "heading": "",
            "summary": [
                {"label": "You owe", "value": "€1,924.50"},
                {"label": "Overdue", "value": "€640.00"},
                {"label": "Unused credit", "value": "€120.00"},
            ],
            "items": {
                "heading": "Open items in EUR",
                "columns": ["Document", "Kind", "Issued", "Due", "Amount", "Open", "State"],
                "rows": [
                    ["INV-001", "Invoice", "5 Oct 2026", "4 Nov 2026", "1,284.50", "640.00", "Overdue 16 days"],
                    ["INV-002", "Invoice", "5 Nov 2026", "5 Dec 2026", "1,284.50", "1,284.50", "Not yet due"],
                ],
                "total": ["Total", "", "", "", "2,569.00", "1,924.50", ""],
                "empty": "You owe nothing. Thank you.",
            },
            "credits": {
                "heading": "Credits not yet used",
                "columns": ["Document", "Kind", "Date", "Amount", "Unused"],
                "rows": [["R-118", "Bank transfer", "18 Nov 2026", "500.00", "120.00"]],
                "total": ["Total", "", "", "500.00", "120.00"],
            },
            "ageing": {
                "heading": "How old it is",
                "columns": ["Not yet due", "1–30 days", "31–60 days", "61–90 days", "Over 90 days"],
                "amounts": ["1,284.50", "640.00", "0.00", "0.00", "0.00"],
            },
        }
    ],
    "payment": {
        "heading": "How to pay",
        "intro": "By bank transfer, with this reference.",
        "facts": [
            {"label": "IBAN", "value": "LT12 1000 0111 0100 1000"},
            {"label": "Reference", "value": "RF18 5390 0754 7034"},
        ],
        "qr": {
            "svg": qr.transfer(
                payee="Baltic Supply UAB",
                iban="LT12 1000 0111 0100 1000",
                amount=Money(192450, "EUR"),
                reference="RF18 5390 0754 7034",
            ),
            "alt": "QR code: pay €1,924.50 to Baltic Supply UAB",
            "caption": "Scan with your banking app",
        },
    },
    "notes": ["Bank money is included up to 20 Nov 2026."],
}
RECEIPT = {
    **{key: STATEMENT[key] for key in ("sender", "recipient", "facts", "dates_line")},
    "title": "Receipt R-118",
    "heading": "Receipt",
    "intro": "Thank you. Your payment has arrived.",
    "amount": {"label": "We received", "value": "€1,284.50"},
    "details": [{"label": "Date", "value": "18 Nov 2026"}, {"label": "How", "value": "Bank transfer"}],
    "items": {
        "heading": "What it paid",
        "columns": ["Document", "Open before", "Paid now", "Still open"],
        "rows": [["INV-001", "640.00", "640.00", "0.00"], ["INV-003", "1,000.00", "644.50", "355.50"]],
        "total": ["Total", "1,640.00", "1,284.50", "355.50"],
    },
    "notes": ["Keep this receipt with your books."],
}


def statement_of(rows: int) -> dict:
    values = deepcopy(STATEMENT)
    row = ["", "Invoice", "5 Oct 2026", "4 Nov 2026", "1,284.50", "640.00", "Overdue 16 days"]
    values["accounts"][0]["items"]["rows"] = [[f"INV-{number:05d}", *row[1:]] for number in range(rows)]
    return values


def to(name: str, values: dict = STATEMENT) -> dict:
    return {**values, "recipient": {**values["recipient"], "name": name}}


def printed(values: dict, *, template: str = "statement", language: str = "en") -> PdfReader:
    return PdfReader(BytesIO(pdf.letter(template, values, language=language, made_at=A_MORNING)))


def text_of(letter: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in letter.pages)


def words_of(letter: PdfReader) -> str:
    """The text in one line, however it was broken."""
    return " ".join(text_of(letter).split())


def fonts_of(letter: PdfReader) -> set[str]:
    fonts = [font.get_object() for page in letter.pages for font in page["/Resources"]["/Font"].values()]
    return {font["/BaseFont"].lstrip("/").partition("+")[2] for font in fonts}


def tags_of(node, found=None) -> list:
    """Every element of the structure tree, in reading order."""
    found = [] if found is None else found
    node = node.get_object()
    if isinstance(node, list):
        for child in node:
            tags_of(child, found)
    elif isinstance(node, dict):
        if "/S" in node:
            found.append(node)
        if "/K" in node:
            tags_of(node["/K"], found)
    return found


class Place(NamedTuple):
    """From the lower left corner of the first page; 595 wide and 842 high."""

    x: float
    y: float


def place_of(start: str, letter: PdfReader) -> Place:
    places = []

    def note(text, matrix, *_):
        if text.strip().startswith(start):
            places.append(Place(*matrix[4:6]))

    letter.pages[0].extract_text(visitor_text=note)
    return places[0]


def names_of_tags(letter: PdfReader) -> list[str]:
    return [tag["/S"] for tag in tags_of(letter.root_object["/StructTreeRoot"])]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """Templates of the test's own in place of ours."""
    for name in ("letter.typ", "blank.typ"):
        shutil.copy(pdf.LETTERS / name, tmp_path)
    monkeypatch.setattr(pdf, "LETTERS", tmp_path)
    monkeypatch.setattr(pdf, "_compiler", None)
    yield lambda source: (tmp_path / "tried.typ").write_text(source)
    pdf._compiler = None


class TestWhatIsPrinted:
    def test_a_statement_carries_its_figures_and_both_its_dates(self):
        words = words_of(printed(STATEMENT))
        for text in ("Kavinė „Ąžuolas“ MB", "€1,924.50", "INV-001", "Overdue 16 days", "Credits not yet used", "R-118"):
            assert text in words
        assert "Effective by 20 Nov 2026, as known at 22 Nov 2026, 11:00 (Vilnius)." in words
        assert "Page 1 of 1" in words

    def test_who_owes_nothing_is_told_so(self):
        values = statement_of(0)
        values["accounts"][0].update(credits={**STATEMENT["accounts"][0]["credits"], "rows": []}, ageing=None)
        words = words_of(printed({**values, "payment": None}))
        assert "You owe nothing. Thank you." in words
        assert "Credits not yet used" not in words
        assert "How to pay" not in words

    def test_each_currency_has_its_own_part(self):
        values = deepcopy(STATEMENT)
        values["accounts"] = [{**values["accounts"][0], "heading": f"Account in {code}"} for code in ("EUR", "JPY")]
        words = words_of(printed(values))
        assert words.index("Account in EUR") < words.index("Account in JPY")

    def test_a_receipt_is_one_page(self):
        letter = printed(RECEIPT, template="receipt")
        assert len(letter.pages) == 1
        assert "INV-003 1,000.00 644.50 355.50" in words_of(letter)

    def test_a_long_statement_repeats_its_column_heads_and_counts_its_pages(self):
        letter = printed(statement_of(300))
        pages = [" ".join(page.extract_text().split()) for page in letter.pages]
        assert len(pages) > 5
        assert all(f"Page {number} of {len(pages)}" in page for number, page in enumerate(pages, 1))
        assert all("Document Kind Issued Due Amount Open State" in page for page in pages[:-1])

    def test_two_thousand_six_hundred_items_are_all_there(self):
        values = statement_of(2602)
        began = time.perf_counter()
        letter = pdf.letter("statement", values, language="en", made_at=A_MORNING)
        print(f"2,602 items: {time.perf_counter() - began:.2f} s, {len(letter) / 1e6:.1f} MB")
        first, *_, last = PdfReader(BytesIO(letter)).pages
        assert "INV-00000" in first.extract_text()
        end = " ".join(last.extract_text().split())
        assert "INV-02601 Invoice" in end
        assert "Total 2,569.00 1,924.50" in end

    def test_long_names_large_amounts_and_long_numbers_keep_out_of_each_others_way(self):
        values = to(EIGHTY_CHARACTERS, deepcopy(STATEMENT))
        number = "A" * 20 + "-" + "9" * 19
        values["accounts"][0]["items"]["rows"] = [
            [number, "Credit note", "25 Nov 2026", "25 Nov 2026", "999,999,999.99", "999,999,999.99", "Not yet due"]
        ]
        letter = printed(values)
        assert EIGHTY_CHARACTERS in words_of(letter)
        assert number not in text_of(letter)
        assert number in text_of(letter).replace("\n", "")
        assert "25 Nov 2026 25 Nov 2026 999,999,999.99 999,999,999.99 Not yet due" in words_of(letter)

    def test_a_long_address_pushes_the_letter_down(self):
        tall = {"name": EIGHTY_CHARACTERS, "lines": [EIGHTY_CHARACTERS, *"123456"]}
        usual = place_of("Statement of account", printed(STATEMENT))
        pushed = place_of("Statement of account", printed({**STATEMENT, "recipient": tall}))
        assert usual.y - pushed.y > 20


class TestTextFromOutside:
    @pytest.mark.parametrize(
        "name",
        [
            '#read("/etc/passwd")',
            "*bold* _it_ `x`",
            "$x^2$",
            "= Heading <label> @label",
            r"\u{41} #sys.inputs",
            '"]; #panic()',
        ],
    )
    def test_a_customers_name_is_never_code(self, name):
        assert name in words_of(printed(to(name)))

    def test_a_name_that_no_font_has_does_not_stop_the_letter(self):
        words = words_of(printed(to("漢字 Ltd 😀 \x00\x07\ufeff\ud800")))
        assert "\ufffd\ufffd Ltd \ufffd \ufffd" in words

    @given(name=some.text(max_size=60))
    @example(name="\u02a7\u2de7 \u0320\u049c \u02c8\u2069\u032b ש\u0301 \ufffd\u0367 漢\u036c")
    @settings(max_examples=20, deadline=None)
    def test_any_text_can_be_printed(self, name):
        assert printed(to(name))
        assert printed(to(name), language="fa")

    def test_accents_written_apart_are_put_together(self):
        assert "Ząb" in words_of(printed(to("Za\N{COMBINING OGONEK}b")))

    def test_a_template_reads_nothing_outside_its_folder(self, desk):
        for path in ("/etc/passwd", "../pdf.py", str(glyphs.FONTS / "README.md")):
            desk(f'#read("{path}")')
            with pytest.raises(LetterFailed):
                pdf.letter("tried", STATEMENT, language="en", made_at=A_MORNING)

    def test_a_warning_stops_the_letter(self, desk):
        desk('#import "letter.typ": *\n#show: letter\n#text(font: "Libertinus Serif")[x]')
        with pytest.raises(LetterFailed, match="unknown font"):
            pdf.letter("tried", STATEMENT, language="en", made_at=A_MORNING)

    def test_values_that_do_not_fit_stop_the_letter(self):
        with pytest.raises(LetterFailed, match="accounts"):
            pdf.letter("statement", RECEIPT, language="en", made_at=A_MORNING)


class TestLanguages:
    def test_only_our_fonts_are_in_the_file(self):
        assert fonts_of(printed(STATEMENT)) == {"Inter-Regular", "Inter-SemiBold"}
        assert fonts_of(printed(to("ΚΑΦΕ ΩΡΑΙΑ ΕΛΛΑΣ"), language="el")) == {"Inter-Regular", "Inter-SemiBold"}
        assert fonts_of(printed(to(PERSIAN_STREET), language="fa")) <= OUR_FONTS

    @pytest.mark.parametrize(
        ("family", "letters"),
        [
            ("Inter", "ąčęėįšųūžĄČĘĖĮŠŲŪŽ„“– ćłńóśźżĆŁŃÓŚŹŻ” áďéěíňřťúůýÁĎÉĚÍŇŘŤÚŮÝ"),
            ("Inter", "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώϊϋΐΰςΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏ·"),
            ("Inter", "€£$¥₺−\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}"),
            ("Vazirmatn", "ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیءآأؤئ۰۱۲۳۴۵۶۷۸۹٫٬٪؟،؛\N{ZERO WIDTH NON-JOINER}"),
        ],
    )
    def test_our_alphabets_are_whole(self, family, letters):
        assert set(letters) <= glyphs.covered(family)

    def test_a_persian_letter_reads_from_right_to_left(self):
        letter = printed(to(PERSIAN_STREET), language="fa")
        assert letter.root_object["/Lang"] == "fa"
        assert letter.root_object["/ViewerPreferences"]["/Direction"] == "/R2L"
        assert place_of("Statement of account", letter).x > 300
        assert place_of("Statement of account", printed(STATEMENT)).x < 100
        assert "2026-003/A" in words_of(printed(to("2026-003/A"), language="fa"))

    def test_persian_text_comes_out_in_the_order_in_which_it_was_written(self):
        if not shutil.which("pdftotext"):
            pytest.skip("pdftotext (poppler-utils) is not installed")
        made = pdf.letter("statement", to(PERSIAN_STREET), language="fa", made_at=A_MORNING)
        text = subprocess.run(["pdftotext", "-", "-"], input=made, capture_output=True, check=True).stdout.decode()
        assert PERSIAN_STREET in text

    def test_every_word_of_a_letter_comes_from_its_values(self, monkeypatch):
        monkeypatch.setattr("models.words.languages._pseudo_allowed", True)

        def bracketed(value):
            if isinstance(value, dict):
                return {key: item if key == "svg" else bracketed(item) for key, item in value.items()}
            if isinstance(value, list):
                return [bracketed(item) for item in value]
            return "⟦w⟧" if isinstance(value, str) and value else value

        for template, values in (("statement", STATEMENT), ("receipt", RECEIPT)):
            letter = printed(bracketed(values), template=template, language="xx")
            assert re.sub(r"[\Ww]", "", text_of(letter)) == "Page1of1"


class TestForThoseWhoListen:
    def test_the_file_is_tagged_and_names_its_language_and_title(self):
        letter = printed(STATEMENT, language="lt")
        root = letter.root_object
        assert root["/MarkInfo"]["/Marked"]
        assert root["/Lang"] == "lt"
        assert root["/ViewerPreferences"]["/DisplayDocTitle"]
        assert letter.metadata.title == STATEMENT["title"]
        assert letter.metadata.author == "Baltic Supply UAB"

    def test_the_file_claims_both_standards(self):
        claims = printed(STATEMENT).root_object["/Metadata"].get_object().get_data()
        assert b"<pdfuaid:part>1<" in claims
        assert b"<pdfaid:part>3<" in claims
        assert b"<pdfaid:conformance>U<" in claims

    def test_headings_tables_and_the_code_have_their_tags(self):
        letter = printed(STATEMENT)
        names = names_of_tags(letter)
        assert names.count("/H1") == 1
        assert names.count("/Table") == 3
        assert names.count("/TH") == 7 + 5 + 5
        figures = [tag for tag in tags_of(letter.root_object["/StructTreeRoot"]) if tag["/S"] == "/Figure"]
        assert [figure["/Alt"] for figure in figures] == ["QR code: pay €1,924.50 to Baltic Supply UAB"]


class TestMaking:
    def test_the_same_letter_has_the_same_bytes(self):
        first, again = (pdf.letter("statement", STATEMENT, language="en", made_at=A_MORNING) for _ in range(2))
        assert first == again
        assert PdfReader(BytesIO(first)).metadata.creation_date == A_MORNING

    def test_letters_can_be_asked_for_from_many_threads(self):
        def make(number: int) -> bool:
            return f"Customer {number}." in words_of(printed(to(f"Customer {number}.")))

        with ThreadPoolExecutor(4) as threads:
            assert all(threads.map(make, range(12)))

    def test_large_statements_do_not_pile_up_in_memory(self):
        import psutil

        def resident() -> float:
            return psutil.Process().memory_info().rss / 1e6

        def make(rows: int) -> None:
            pdf.letter("statement", statement_of(rows), language="en", made_at=A_MORNING)

        make(1100)
        after_one = resident()
        for more in range(1, 4):
            make(1100 + more)
        assert resident() < after_one + 150

    def test_a_process_without_letters_does_not_load_typst(self):
        code = "import sys; from models.gateways import pdf, qr; sys.exit(bool({'typst', 'segno'} & set(sys.modules)))"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestCodes:
    def test_a_transfer_code_is_for_euro_within_the_standard(self):
        for amount in (Money(100, "USD"), Money(0, "EUR"), Money(10**11, "EUR")):
            with pytest.raises(ValueError, match="No transfer code"):
                qr.transfer(payee="A", iban="LT121000011101001000", amount=amount, reference="x")

    def test_a_line_break_in_a_name_moves_no_field(self):
        one, other = (
            qr.transfer(payee=name, iban="LT121000011101001000", amount=Money(100, "EUR"), reference="Invoice 1")
            for name in ("Baltic\nSupply", "Baltic Supply")
        )
        assert one == other

    def test_a_code_says_what_it_is_for(self):
        assert "<title>Pay invoice 1</title>" in qr.link("https://pay.example/l/abc", title="Pay invoice 1")
