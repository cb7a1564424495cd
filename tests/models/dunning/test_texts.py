"""Every standard text, in every language, with ordinary and with extreme values; on the screen and on paper."""

import re
from datetime import date
from io import BytesIO

import pytest
from pypdf import PdfReader

from commandline.demo import reminders
from models import accounts, company, words
from models.accounts import Listed, Transfer
from models.customers import CustomerKind
from models.dunning import advice, cases, reading, sequences, standard, templates, texts
from models.dunning.placeholders import BLOCKS, NAME, Text, problems, used
from models.dunning.templates import Wording
from models.dunning.texts import Facts, Item
from models.money import Money
from models.policies.sequences import Channel, Purpose, Signer
from models.staff import Principal
from models.transactions import transaction
from models.words import LANGUAGES
from tests.conftest import NOW, TODAY

CREDITOR = company.Company(
    name="Baltic Supply UAB",
    address="Verkių g. 29\n09108 Vilnius",
    registration="304 512 987",
    country="LT",
    currency="EUR",
    language="en",
    timezone="Europe/Vilnius",
    help_phone="+370 5 210 0000",
    help_email="accounts@baltic-supply.example",
    iban="LT12 1000 0111 0100 1000",
    bic="AGBLLT2X",
    law_firm="Law & Sons\nMain Street 1",
)
EVERY = [(key, channel, purpose) for key, _, channel, purpose, _ in standard.TEMPLATES]
OUR_FONTS = {"Inter-Regular", "Inter-SemiBold", "Vazirmatn-Regular", "Vazirmatn-SemiBold"}
THREAT = re.compile(r"\b(court|lawsuit|sue|enforcement|bailiff|immediately|must)\b", re.IGNORECASE)


def facts(**more: object) -> Facts:
    items = [Item("BS-0009412", date(2026, 10, 30), Money(64_000, "EUR"))]
    whose = {"customer": "Žalias Namas UAB", "customer_number": "1001", "person": "Rūta", "today": TODAY}
    return Facts.of(items, **{**whose, "pay_by": date(2026, 12, 1), **more})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_standard_text_is_complete_and_calm(language: str) -> None:
    found = standard.texts(language)
    assert set(found) == {key for key, *_ in EVERY}
    for key, channel, purpose in EVERY:
        assert [str(one) for one in problems(found[key], channel, purpose)] == [], key
        assert [str(one) for one in reading.remarks(found[key], purpose)] == [], key
        # The same promises in every language: nothing is named in one and left out in another.
        greeting = {"person"}  # Polish and Czech greet without a name, which they would have to bend.
        assert used(found[key]) - greeting == used(standard.texts("en")[key]) - greeting, key
    assert not any(THREAT.search(text.body) for text in standard.texts("en").values())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", [cases.ordinary, cases.longest])
def test_every_standard_text_fills_every_place(language: str, case: object) -> None:
    for key, channel, purpose in (one for one in EVERY if one[2] != Purpose.AGREEMENT):
        values = texts.written(
            case(language, TODAY, purpose),
            CREDITOR,
            language,
            link="https://pay.example/l/abc",
            unsubscribe="https://pay.example/stop/abc",
        )
        said = standard.texts(language)[key]
        composed = texts.compose(said, values)
        assert "{" not in composed.said
        assert {block.kind for block in composed.blocks} - {"text"} == used(said) & BLOCKS
        assert all(values.named[name] for name in used(said) - BLOCKS), key
        if channel == Channel.EMAIL:
            mail = texts.mail(said, values, CREDITOR, purpose)
            for part in (mail.text, mail.html):
                assert not NAME.search(re.sub(r"<style>.*?</style>", "", part, flags=re.DOTALL)), key
                assert "https://pay.example/l/abc" in part
                assert "https://pay.example/stop/abc" in part, "no text can leave it out: the frame adds it"
                assert part.count("09108 Vilnius") == 1


def test_what_a_value_brings_is_neither_code_nor_a_place() -> None:
    name = "<b>{iban}</b>\r\nBcc: x {{ 7*7 }}"
    values = texts.written(facts(person=name), CREDITOR, "en", link="https://pay.example/l/abc")
    mail = texts.mail(Text("Hello {person}", "{person}\n\n{link}", "See"), values, CREDITOR)
    assert mail.subject == "Hello <b>{iban}</b> Bcc: x {{ 7*7 }}"
    assert "<b>" not in mail.html
    assert "&lt;b&gt;{iban}&lt;/b&gt;" in mail.html
    assert "49" not in mail.text


def test_a_mail_shows_the_end_of_a_number_and_paper_all_of_it() -> None:
    short, whole = (texts.written(facts(), CREDITOR, "en", whole_numbers=whole) for whole in (False, True))
    assert [line.number for line in (*short.lines, *whole.lines)] == ["…9412", "BS-0009412"]


def test_persian_has_its_digits_its_calendar_and_keeps_foreign_names_apart() -> None:
    values = texts.written(facts(), CREDITOR, "fa", calendar="jalali")
    assert values.named["pay_by"] == "۱۰ آذر ۱۴۰۵"
    assert values.named["company"] == "\u2068Baltic Supply UAB\u2069"
    assert 'dir="rtl"' in texts.mail(standard.texts("fa")["after_7"], values, CREDITOR).html


def test_a_sentence_ends_once() -> None:
    """A Lithuanian date ends in a full stop of its own."""
    values = texts.written(facts(), CREDITOR, "lt")
    said = texts.compose(Text("Iki {pay_by}", "Iki {pay_by}. {total_due}. {pay_by}, {person}.", ""), values)
    assert said.subject == "Iki 2026 m. gruodžio 1 d."
    assert said.blocks[0].lines == ["Iki 2026 m. gruodžio 1 d. 640,00 €. 2026 m. gruodžio 1 d., Rūta."]


def test_several_currencies_are_named_together() -> None:
    items = [
        Item("A", TODAY, Money(100, "EUR")),
        Item("B", TODAY, Money(200, "USD")),
        Item("C", TODAY, Money(5, "EUR")),
    ]
    whose = {"customer": "A", "customer_number": "1", "person": "", "today": TODAY}
    values = texts.written(Facts.of(items, **whose), CREDITOR, "en")
    assert values.named["total_due"] == "€1.05 and $2.00"
    assert values.named["person"] == "A"


@pytest.mark.parametrize(
    ("signer", "said"),
    [
        (Signer.COMPANY, "Baltic Supply UAB"),
        (Signer.COLLECTOR, "Accounts receivable, Baltic Supply UAB"),
        (Signer.SALES, "Sales, Baltic Supply UAB"),
        (Signer.MANAGER, "Management, Baltic Supply UAB"),
        (Signer.LAW_FIRM, "Law & Sons"),
    ],
)
def test_a_message_is_signed_by_the_company_a_function_or_the_law_firm(signer: Signer, said: str) -> None:
    assert texts.written(facts(signer=signer), CREDITOR, "en").named["signer"] == said


def paper(language: str, key: str, purpose: Purpose, told: Facts, **more: object) -> PdfReader:
    said = Wording(1, 1, 3, key, Channel.LETTER, purpose, {language: standard.texts(language)[key]})
    how = Transfer("Baltic Supply UAB", CREDITOR.iban, CREDITOR.bic, "RF18 5390 0754 7034", told.totals[0])
    content = accounts.reminder_pdf(
        said, told, CREDITOR, address="Pilies g. 12\nVilnius", language=language, how=how, now=NOW, **more
    )
    return PdfReader(BytesIO(content))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_prints_with_our_fonts_however_long_it_gets(language: str) -> None:
    """typst refuses to go on after a warning: no glyph is missing, nothing stands outside the page."""
    link = "https://pay.baltic-supply.example/p/7K4M-2QXD-9RTB"
    for key, channel, purpose in EVERY:
        if channel == Channel.LETTER and purpose != Purpose.AGREEMENT:
            short = paper(language, key, purpose, cases.ordinary(language, TODAY, purpose), link=link)
            assert len(short.pages) == 1, key
            long = paper(language, key, purpose, cases.longest(language, TODAY, purpose), link=link)
            assert len(long.pages) <= 3, key
            assert fonts(long) <= OUR_FONTS
            printed = "".join(short.pages[0].extract_text().split())
            assert "7K4M-2QXD-9RTB" in printed, "an address to type"
            assert key in printed, "a message names the version it was made from"


def test_without_a_link_and_an_account_a_letter_leaves_both_out() -> None:
    said = Wording(1, 1, 3, "final", Channel.LETTER, Purpose.FINAL_NOTICE, {"en": standard.texts("en")["final"]})
    plain = accounts.reminder_pdf(said, facts(), CREDITOR, address="", language="en", now=NOW, advice="StepChange")
    printed = PdfReader(BytesIO(plain)).pages[0].extract_text()
    assert "Pay online" not in printed
    assert "bank transfer" not in printed
    assert "Free and independent advice about debt: StepChange" in printed


def test_people_are_told_where_advice_is_free_and_firms_are_not() -> None:
    assert "StepChange" in advice.place(CustomerKind.CONSUMER, "GB")
    assert advice.place(CustomerKind.UNKNOWN, "GB") == advice.place(CustomerKind.CONSUMER, "GB")
    assert advice.place(CustomerKind.BUSINESS, "GB") == advice.place(CustomerKind.CONSUMER, "LT") == ""
    values = texts.written(facts(), CREDITOR, "en", advice="StepChange")
    mail = texts.mail(standard.texts("en")["after_1"], values, CREDITOR)
    assert "Free and independent advice about debt: StepChange" in mail.text
    assert "Free and independent advice about debt: StepChange" in mail.html


def test_the_last_letter_is_the_law_firms() -> None:
    printed = paper("en", "law_firm", Purpose.LAW_FIRM, facts()).pages[0].extract_text()
    assert printed.startswith("Law & Sons")
    assert "On behalf of Baltic Supply UAB" in printed


def fonts(reader: PdfReader) -> set[str]:
    found = set()
    for page in reader.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            found.add(str(font.get_object()["/BaseFont"]).split("+")[-1])
    return found


def test_the_list_of_letters_is_safe_in_a_spreadsheet_and_prints() -> None:
    letters = [Listed("=1+1", "Žalias Namas", "Pilies g. 12\nVilnius", "LT", "0001.pdf", "final 3", "€640.00")] * 40
    lines = accounts.letter_list_csv(letters).splitlines()
    assert lines[0].lstrip("\ufeff").split(",")[:3] == ["place", "customer_number", "name"]
    assert lines[1].split(",")[:2] == ["1", "'=1+1"]
    assert len(lines) == 41
    assert len(PdfReader(BytesIO(accounts.letter_list_pdf(letters, CREDITOR, TODAY, now=NOW))).pages) >= 2


def test_the_standard_is_put_in_once_and_waits_for_counsel(installed: None) -> None:
    with transaction():
        assert not standard.ensure(now=NOW)
    assert sequences.live() == []
    assert templates.live() == {}
    assert len(standard.waiting()) == len(standard.TEMPLATES)


def test_approved_by_counsel_and_published_by_a_second_person_it_is_in_use(
    installed: None, counsel: Principal, manager: Principal
) -> None:
    with transaction():
        company.locked().law_firm = "Law & Sons\nMain Street 1"
        reminders.put_in_use(counsel, manager, now=NOW)
    (segment,) = sequences.live()
    assert [step.days for step in segment.sequence.steps] == [days for days, *_ in standard.STEPS]
    assert sequences.at_version(segment.sequence.version_id) == segment.sequence
    assert {step.template_id for step in segment.sequence.steps if step.template_id} <= set(templates.live())
    assert all(set(said.texts) == set(words.LANGUAGES) for said in templates.live().values())
