"""Every customer reads everything in their own language."""

import pytest
from babel.messages.catalog import Catalog, Message
from click.testing import CliRunner

from commandline.translations import catalogues, checks, translations
from models import words


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """Templates and catalogues in a folder of their own, with the real lists of sources."""
    for side in catalogues.SIDES:
        (tmp_path / f"{side}.cfg").write_text((catalogues.TRANSLATIONS / f"{side}.cfg").read_text())
    monkeypatch.setattr(catalogues, "TRANSLATIONS", tmp_path)
    return tmp_path


@pytest.fixture
def said():
    """What the sources say to customers."""
    return catalogues.gathered("portal")


@pytest.mark.parametrize("language", [code for code in words.LANGUAGES if code != "en"])
def test_the_customers_side_is_complete(language, said):
    problems = checks.problems_of(language, said)
    assert not problems, "\n".join(["", *problems])


def test_templates_hold_what_the_sources_say():
    assert checks.stale_templates() == []


def test_every_language_but_english_has_its_plural_rule():
    assert set(catalogues.PLURAL_FORMS) == set(words.LANGUAGES) - {"en"}


def test_the_two_sides_read_what_is_theirs(said):
    portal = {place for message in said for place, _ in message.locations}
    backoffice = {place for message in catalogues.gathered("backoffice") for place, _ in message.locations}
    assert "models/money.py" in portal
    assert "wtforms/validators.py" in portal
    assert "models/imports/reading.py" in backoffice
    assert not {place for place in portal & backoffice if place.endswith(".py")}
    assert not {place for place in portal if place.startswith(("backoffice/", "templates/backoffice/"))}
    assert not {
        place for place in backoffice if place.startswith(("portal/", "templates/portal/", "templates/mail/receipt"))
    }


def test_templates_tell_neither_days_nor_lines(elsewhere):
    CliRunner().invoke(translations, ["extract"], catch_exceptions=False)
    text = (elsewhere / "portal.pot").read_text()
    assert "Date" not in text.partition("\n\n")[0]
    assert "#: models/money.py\n" in text


def test_a_fresh_catalogue_is_all_to_do_and_the_check_says_so(elsewhere):
    run = CliRunner().invoke
    run(translations, ["extract"], catch_exceptions=False)
    run(translations, ["update"], catch_exceptions=False)
    run(translations, ["compile"], catch_exceptions=False)
    assert (elsewhere / "fa" / "LC_MESSAGES" / "portal.mo").exists()
    checked = run(translations, ["check"], catch_exceptions=False)
    assert checked.exit_code == 1
    assert "fa: empty: 'This field is required.'" in checked.output


def test_a_template_that_lags_behind_is_stale(elsewhere):
    CliRunner().invoke(translations, ["extract"], catch_exceptions=False)
    (elsewhere / "portal.pot").write_text("")
    assert [problem.partition(" ")[0] for problem in checks.stale_templates()] == ["portal.pot"]


def test_a_text_that_changed_loses_its_old_translation_and_nothing_is_guessed():
    old = Catalog(locale="lt")
    old.add("Pay now", "Mokėti dabar")
    old.add("Pay", "Mokėti")
    old.add("Gone", "Nebėra")
    old.add("%(num)s item", "%(num)s sąskaita")
    template = Catalog()
    template.add("Pay")
    template.add(("%(num)s item", "%(num)s items"))
    template.add("Pay it now")
    merged = catalogues.merged(template, old)
    assert {message.id: message.string for message in catalogues.messages(merged)} == {
        "Pay": "Mokėti",
        "Pay it now": "",
        ("%(num)s item", "%(num)s items"): ("", ""),
    }


@pytest.mark.parametrize(
    ("language", "original", "translation", "fault"),
    [
        ("lt", "Pay", "", "empty"),
        ("lt", "Pay %(amount)s", "Mokėti", "other placeholders"),
        ("lt", "Pay %(amount)s", "Mokėti %(suma)s", "other placeholders"),
        ("lt", "Pay", "Mokėti 100% dabar", "other placeholders"),
        ("lt", "100% paid", "100%% sumokėta", "the original has a bare %, write %%"),
        ("lt", "<b>Pay</b>", "<b>Mokėti", "other tags"),
        ("lt", "Pay ", "Mokėti", "space at the start or the end"),
        ("lt", "Pay", 'Mokėti "dabar"', 'a straight " would end an HTML attribute, use quotation marks'),
        (
            "pl",
            ("%(num)s item", "%(num)s items"),
            ("%(num)s pozycja", "%(num)s pozycje"),
            "2 plural forms instead of 3",
        ),
        ("lt", ("one item", "%(num)s items"), ("viena", "%(num)s", "%(num)s"), "other placeholders"),
        ("fa", "year", "\u0633\u0627\u0644\u064a", "'\u064a' is Arabic, Persian has 'ی'"),
        ("fa", "10 minutes", "10 دقیقه", "Latin digits"),
        ("el", "Amount", "Pοσό", "Greek and Latin letters in 'Pοσό'"),
    ],
)
def test_a_translation_unlike_its_original_is_found(language, original, translation, fault):
    assert fault in list(checks._faults(language, Message(original, translation)))


@pytest.mark.parametrize(
    ("language", "original", "translation"),
    [
        ("lt", "<b>%(name)s</b> pays 100%%", "<b>%(name)s</b> moka 100%%"),
        ("pl", ("one item", "%(num)s items"), ("jedna pozycja", "%(num)s pozycje", "%(num)s pozycji")),
        ("fa", "Pay %(amount)s", "پرداخت %(amount)s"),
        ("el", "PDF of %(day)s", "PDF της %(day)s"),
    ],
)
def test_a_good_translation_has_no_fault(language, original, translation):
    assert list(checks._faults(language, Message(original, translation))) == []


def test_an_unsure_translation_is_found():
    assert list(checks._faults("lt", Message("Pay", "Mokėti", flags={"fuzzy"}))) == ["fuzzy"]


@pytest.mark.parametrize(
    ("language", "counts"),
    [
        ("lt", {1: 0, 21: 0, 2: 1, 22: 1, 0: 2, 10: 2, 11: 2, 12: 2, 111: 2}),
        ("pl", {1: 0, 2: 1, 4: 1, 22: 1, 0: 2, 5: 2, 12: 2, 21: 2}),
        ("cs", {1: 0, 2: 1, 4: 1, 0: 2, 5: 2, 22: 2}),
        ("el", {1: 0, 0: 1, 2: 1}),
        ("fa", {0: 0, 1: 0, 2: 1}),
    ],
)
def test_plurals_are_counted_as_the_language_counts(language, counts):
    rule = checks.plural_rule(language)
    assert {count: rule(count) for count in counts} == counts


def test_the_pseudo_language_brackets_what_customers_read(monkeypatch, said):
    monkeypatch.setattr("models.words.languages._pseudo_allowed", True)
    single = [message.id for message in catalogues.messages(said) if isinstance(message.id, str)]
    with words.speak(words.PSEUDO):
        assert [words.form_translations().gettext(text) for text in single] == [f"⟦{text}⟧" for text in single]
