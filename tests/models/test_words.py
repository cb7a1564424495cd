"""What people read, against Babel, and what they type."""

import datetime as dt
import gettext as standard
import os
import re
from contextlib import suppress
from decimal import Decimal

import pytest
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as some
from jinja2 import Environment
from markupsafe import Markup

from models import words
from models.errors import Refused
from models.money import Money
from models.words import catalogues

EIGHTH_OF_A_DAY_LATE = dt.datetime(2026, 3, 5, 22, 30, tzinfo=dt.UTC)
A_DAY = dt.date(2026, 3, 5)
PERSIAN = str.maketrans("0123456789,.", "۰۱۲۳۴۵۶۷۸۹٬٫")
every_language = pytest.mark.parametrize("language", list(words.LANGUAGES))


@pytest.fixture(autouse=True)
def _as_in_production(monkeypatch):
    """An app that was made before in this process has allowed the pseudo-language."""
    monkeypatch.setattr("models.words.languages._pseudo_allowed", False)


@pytest.fixture
def pseudo(_as_in_production, monkeypatch):
    monkeypatch.setattr("models.words.languages._pseudo_allowed", True)


@pytest.fixture
def page():
    environment = Environment(autoescape=True)
    words.teach(environment)
    return lambda source, **values: environment.from_string(source).render(**values)


def as_we_write(babel: str, language: str) -> str:
    """Babel's text with our three differences: a real minus, a space after letters, Persian signs."""
    text = re.sub(r"KWD(?=\d)", "KWD\N{NO-BREAK SPACE}", babel)
    if language == "fa":
        text = text.replace("-\N{LEFT-TO-RIGHT MARK}", "\N{LEFT-TO-RIGHT MARK}-").translate(PERSIAN)
    return text.replace("-", "\N{MINUS SIGN}")


class TestMoney:
    @every_language
    @given(minor=some.integers(-(10**13), 10**13), currency=some.sampled_from(["EUR", "JPY", "KWD"]))
    def test_an_amount_is_written_as_babel_writes_it(self, language, minor, currency):
        money = Money(minor, currency)
        with words.speak(language):
            assert words.money(money) == as_we_write(format_currency(money.amount, currency, locale=language), language)

    @pytest.mark.parametrize(
        ("language", "owed", "credit"),
        [
            ("en", "€1,284.50", "−€1,284.50"),
            ("lt", "1 284,50 €", "−1 284,50 €"),
            ("el", "1.284,50 €", "−1.284,50 €"),
            ("pl", "1 284,50 €", "−1 284,50 €"),
            ("cs", "1 284,50 €", "−1 284,50 €"),
            ("fa", "\u200e€ ۱٬۲۸۴٫۵۰", "\u200e−€ ۱٬۲۸۴٫۵۰"),
        ],
    )
    def test_every_language_writes_the_same_amount_its_own_way(self, language, owed, credit):
        with words.speak(language):
            assert words.money(Money(128450, "EUR")).replace("\N{NO-BREAK SPACE}", " ") == owed
            assert words.money(Money(-128450, "EUR")).replace("\N{NO-BREAK SPACE}", " ") == credit

    def test_decimals_are_those_of_the_currency(self):
        assert words.money(Money(1284, "JPY")) == "¥1,284"
        assert words.money(Money(1284500, "KWD")) == "KWD\N{NO-BREAK SPACE}1,284.500"
        assert words.amount(Money(5, "EUR")) == "0.05"

    def test_a_plus_is_written_only_where_it_is_asked_for(self):
        assert words.money(Money(100, "EUR"), sign=True) == "+€1.00"
        assert words.money(Money(0, "EUR"), sign=True) == "€0.00"
        assert words.money(Money(-100, "EUR"), sign=True) == "−€1.00"

    def test_a_currency_written_from_right_to_left_follows_its_number(self):
        with words.speak("fa"):
            written = words.money(Money(-128400, "IRR"))
        assert written == "\u2067\u2066−۱٬۲۸۴٫۰۰\u2069\N{NO-BREAK SPACE}ریال\u2069"

    def test_money_without_its_currency(self):
        with words.speak("pl"):
            assert words.amount(Money(-128450, "EUR")) == "−1\N{NO-BREAK SPACE}284,50"


class TestNumbers:
    @every_language
    @given(value=some.integers(-(10**12), 10**12))
    def test_a_count_is_written_as_babel_writes_it(self, language, value):
        babel = format_decimal(value, locale=language)
        if language == "fa":
            babel = babel.replace("-", "\N{LEFT-TO-RIGHT MARK}-").translate(PERSIAN)
        with words.speak(language):
            assert words.number(value) == babel.replace("-", "\N{MINUS SIGN}")

    def test_a_number_keeps_its_decimals(self):
        assert words.number(Decimal("1234.50")) == "1,234.50"

    @pytest.mark.parametrize(
        ("language", "written"), [("en", "12.5%"), ("lt", "12,5\N{NO-BREAK SPACE}%"), ("fa", "۱۲٫۵٪")]
    )
    def test_a_share_is_written_in_percent(self, language, written):
        with words.speak(language):
            assert words.percent(Decimal("0.125"), 1) == written

    def test_half_a_percent_is_rounded_up(self):
        assert words.percent(Decimal("0.125")) == "13%"

    def test_a_list_is_joined_as_people_join_it(self):
        assert words.list_of(["INV-1", "INV-2", "INV-3"]) == "INV-1, INV-2 and INV-3"
        with words.speak("lt"):
            assert words.list_of(["INV-1", "INV-2"]) == "INV-1 ir INV-2"


class TestDates:
    @every_language
    @given(day=some.dates(dt.date(1990, 1, 1), dt.date(2100, 1, 1)))
    def test_a_day_is_written_as_babel_writes_it(self, language, day):
        locale = Locale.parse("en_GB" if language == "en" else language)
        digits = PERSIAN if language == "fa" else {}
        with words.speak(language):
            for form, babel in (("short", "medium"), ("long", "long"), ("full", "full")):
                assert words.date(day, form) == format_date(day, babel, locale=locale).translate(digits)

    @pytest.mark.parametrize(
        ("language", "short", "day", "month"),
        [
            ("en", "5 Mar 2026", "5 March", "March 2026"),
            ("lt", "2026-03-05", "kovo 5 d.", "2026 m. kovas"),
            ("el", "5 Μαρ 2026", "5 Μαρτίου", "Μάρτιος 2026"),
            ("pl", "5 mar 2026", "5 marca", "marzec 2026"),
            ("cs", "5. 3. 2026", "5. března", "březen 2026"),
            ("fa", "۵ مارس ۲۰۲۶", "۵ مارس", "مارس ۲۰۲۶"),
        ],
    )
    def test_the_forms_that_babel_has_no_name_for(self, language, short, day, month):
        with words.speak(language):
            assert (words.date(A_DAY), words.date(A_DAY, "day"), words.date(A_DAY, "month")) == (short, day, month)

    def test_the_solar_calendar_is_read_in_persian(self):
        with words.speak("fa", "jalali"):
            assert words.date(A_DAY) == "۱۴ اسفند ۱۴۰۴"
            assert words.date(A_DAY, "full") == "پنجشنبه ۱۴ اسفند ۱۴۰۴"
            assert words.date(dt.date(2026, 3, 21), "month") == "فروردین ۱۴۰۵"

    def test_the_solar_calendar_is_read_in_other_languages_too(self):
        with words.speak("en", "jalali"):
            assert words.date(A_DAY, "day") == "14 Esfand"

    def test_a_moment_is_read_on_the_readers_clock(self):
        with words.speak("en", timezone="Europe/Vilnius"):
            assert words.datetime(EIGHTH_OF_A_DAY_LATE) == "6 Mar 2026, 00:30"
            assert words.datetime(EIGHTH_OF_A_DAY_LATE, "Asia/Tehran") == "6 Mar 2026, 02:00"
        with words.speak("fa", "jalali", "Asia/Tehran"):
            assert words.datetime(EIGHTH_OF_A_DAY_LATE) == "۱۵ اسفند ۱۴۰۴،\u200f ۲:۰۰"

    def test_a_moment_is_never_taken_for_a_day(self):
        with pytest.raises(TypeError):
            words.date(EIGHTH_OF_A_DAY_LATE)
        with pytest.raises(ValueError, match="timezone"):
            words.datetime(EIGHTH_OF_A_DAY_LATE.replace(tzinfo=None))


class TestWhatPeopleType:
    @every_language
    @pytest.mark.parametrize(
        "typed",
        [
            *("1234.50", "1234,50", "1.234,50", "1,234.50", "1 234,50", "1\N{NO-BREAK SPACE}234,50", "1'234.50"),
            *(
                "1\N{NARROW NO-BREAK SPACE}234,50",
                "۱٬۲۳۴٫۵۰",
                "۱۲۳۴٫۵۰",
                "١٢٣٤٫٥٠",
                "€1,234.50",
                " 1234,50 € ",
                "+1234.5",
            ),
        ],
    )
    def test_one_amount_typed_in_many_ways(self, language, typed):
        with words.speak(language):
            assert words.plain_number(typed) == Decimal("1234.5")

    @every_language
    @pytest.mark.parametrize("typed", ["-5", "−5", "– 5", "-۵", "−€5", "\u200e−€\N{NO-BREAK SPACE}۵"])
    def test_less_than_nothing(self, language, typed):
        with words.speak(language):
            assert words.plain_number(typed) == Decimal(-5)

    @every_language
    @given(minor=some.integers(-(10**11), 10**11), currency=some.sampled_from(["EUR", "JPY"]))
    def test_what_we_write_can_be_typed_back(self, language, minor, currency):
        money = Money(minor, currency)
        with words.speak(language):
            assert Money.of(words.plain_number(words.amount(money)), currency) == money

    @pytest.mark.parametrize(
        ("language", "point", "comma"),
        [("en", "1.234", "1234"), ("fa", "1.234", "1234"), ("el", "1234", "1.234"), ("lt", None, "1.234")],
    )
    def test_three_digits_after_one_sign_mean_what_the_language_says(self, language, point, comma):
        with words.speak(language):
            assert words.plain_number("1,234") == Decimal(comma)
            if point:
                assert words.plain_number("1.234") == Decimal(point)
            else:
                with pytest.raises(words.AmbiguousNumber):
                    words.plain_number("1.234")

    @every_language
    @pytest.mark.parametrize(
        ("typed", "meant"), [("0,125", "0.125"), ("1.234.567", "1234567"), ("1.234,567", "1234.567"), (".5", "0.5")]
    )
    def test_what_only_one_reading_fits(self, language, typed, meant):
        with words.speak(language):
            assert words.plain_number(typed) == Decimal(meant)

    @every_language
    @pytest.mark.parametrize(
        "typed",
        [
            "",
            " ",
            "-",
            "€",
            "abc",
            "12a",
            "1e5",
            "NaN",
            "1,2,3",
            "12 34",
            "1.234,567.8",
            "1.",
            "5-",
            "1" * 41,
            "1 234.567,8",
        ],
    )
    def test_what_is_no_number_is_refused(self, language, typed):
        with words.speak(language), pytest.raises(words.NotANumber):
            words.plain_number(typed)

    @given(some.text(max_size=60))
    def test_anything_else_is_a_number_or_a_refusal(self, typed):
        with suppress(Refused):
            assert words.plain_number(typed).is_finite()


class TestMessages:
    def test_a_refusal_writes_its_values_for_its_reader(self):
        refusal = Refused(
            "%(owed)s of %(count)s since %(day)s for %(number)s",
            owed=Money(128450, "EUR"),
            count=2602,
            day=A_DAY,
            number="INV-1",
        )
        assert words.explain(refusal) == "€1,284.50 of 2,602 since 5 Mar 2026 for INV-1"

    def test_a_name_cannot_turn_the_persian_words_around_it(self):
        with words.speak("fa"):
            assert words.written("INV-1") == "\N{FIRST STRONG ISOLATE}INV-1\N{POP DIRECTIONAL ISOLATE}"
            assert words.written(Markup("<b>INV-1</b>")) == "<b>INV-1</b>"

    def test_lists_numbers_and_refusals_may_stand_inside_a_message(self):
        assert words.written(["INV-1", 1000]) == "INV-1 and 1,000"
        assert words.written(Decimal("0.5")) == "0.5"
        assert words.written(Refused("No.")) == "No."

    def test_a_message_nobody_translated_reads_in_english(self):
        with words.speak("lt"):
            assert words.gettext("Nobody ever said this.") == "Nobody ever said this."

    def test_counting_picks_the_form_and_writes_the_number(self):
        assert words.ngettext("%(num)s item", "%(num)s items", 1) == "1 item"
        assert words.ngettext("%(num)s item", "%(num)s items", 2602) == "2,602 items"
        assert words.npgettext("bank", "%(num)s line", "%(num)s lines", 2) == "2 lines"
        assert words.pgettext("bank", "line") == "line"

    def test_a_newer_translation_wins_over_an_older_compiled_one(self, tmp_path):
        source = tmp_path / "portal.po"
        source.write_text(
            'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Pay"\nmsgstr "Mokėti"\n'
        )
        assert catalogues._stored(tmp_path).gettext("Pay") == "Mokėti"
        compiled = tmp_path / "portal.mo"
        compiled.write_bytes(catalogues._compiled(source).getvalue())
        source.write_text(source.read_text().replace("Mokėti", "Sumokėti"))
        os.utime(compiled, (0, 0))
        assert catalogues._stored(tmp_path).gettext("Pay") == "Sumokėti"
        os.utime(source, (0, 0))
        assert isinstance(catalogues._stored(tmp_path), standard.GNUTranslations)
        assert catalogues._stored(tmp_path).gettext("Pay") == "Mokėti"

    def test_wtforms_speaks_through_our_catalogue(self):
        with words.speak("lt"):
            assert words.form_translations().gettext("This field is required.") == words.gettext(
                "This field is required."
            )
            assert words.form_translations().gettext("This field is required.") != "This field is required."

    def test_figures_in_a_field_message_are_the_readers(self):
        singular = "Field cannot be longer than %(max)d character."
        plural = "Field cannot be longer than %(max)d characters."
        with words.speak("fa"):
            assert "۱۰" in words.form_translations().ngettext(singular, plural, 10) % {"max": 10}


class TestPages:
    def test_values_are_written_and_escaped_inside_a_message(self, page):
        shown = page(
            "{{ _('Pay %(amount)s to %(name)s', amount=amount, name=name) }}", amount=Money(100, "EUR"), name="<b>"
        )
        assert shown == "Pay €1.00 to &lt;b&gt;"

    def test_tags_of_a_message_stay_tags(self, page):
        assert page("{{ _('<b>%(name)s</b>', name='<i>') }}") == "<b>&lt;i&gt;</b>"

    def test_a_block_of_words_counts(self, page):
        source = "{% trans count=n %}{{ count }} item{% pluralize %}{{ count }} items{% endtrans %}"
        assert page(source, n=1) == "1 item"
        assert page(source, n=2602) == "2,602 items"
        assert page("{{ ngettext('%(num)s item', '%(num)s items', 1000) }}") == "1,000 items"

    def test_the_same_word_for_two_things(self, page):
        assert page("{{ pgettext('verb', 'Open') }}") == "Open"
        assert page("{{ npgettext('bank', '%(num)s line', '%(num)s lines', 2) }}") == "2 lines"

    def test_filters_write_what_stands_alone(self, page):
        with words.speak("fa", "jalali"):
            assert page("{{ day|date }} {{ 12|number }} {{ 'A1'|digits }}", day=A_DAY) == "۱۴ اسفند ۱۴۰۴ ۱۲ A۱"

    def test_mails_are_not_escaped(self):
        environment = Environment(autoescape=False)
        words.teach(environment)
        assert environment.from_string("{{ _('Dear %(name)s', name='A & B') }}").render() == "Dear A & B"


class TestLanguages:
    def test_what_is_spoken_inside_a_block_ends_with_it(self):
        with words.speak("lt"):
            with words.speak("fa", "jalali"):
                assert (words.language(), words.calendar(), words.direction()) == ("fa", "jalali", "rtl")
            assert (words.language(), words.calendar(), words.direction()) == ("lt", "gregorian", "ltr")

    def test_a_language_that_is_not_ours_is_a_mistake(self):
        with pytest.raises(ValueError, match="de"):
            words.use("de")
        with pytest.raises(ValueError, match="julian"):
            words.use("en", "julian")

    @pytest.mark.parametrize(
        ("header", "chosen"),
        [
            ("fa-IR,fa;q=0.9,en;q=0.8", "fa"),
            ("de,pl;q=0.5,cs;q=0.7", "cs"),
            ("EL_gr", "el"),
            ("prs", "fa"),
            ("en;q=0", "lt"),
            ("pl;q=many, cs", "cs"),
            ("*", "lt"),
            ("xx", "lt"),
            ("", "lt"),
            (None, "lt"),
        ],
    )
    def test_a_browser_is_answered_in_the_first_of_its_languages_that_is_ours(self, header, chosen):
        assert words.best(header, "lt") == chosen

    def test_every_language_names_itself(self):
        assert [words.native_name(code) for code in ("lt", "fa", "xx")] == ["Lietuvių", "فارسی", "xx"]


class TestPseudoLanguage:
    def test_it_is_spoken_only_where_it_was_allowed(self):
        with pytest.raises(ValueError, match="xx"):
            words.use(words.PSEUDO)

    def test_it_brackets_every_message_and_runs_from_right_to_left(self, pseudo, page):
        with words.speak(words.PSEUDO):
            assert words.direction() == "rtl"
            assert words.gettext("Pay %(what)s", what=A_DAY) == "⟦Pay 2026-03-05⟧"
            assert words.ngettext("%(num)s item", "%(num)s items", 2) == "⟦2 items⟧"
            assert words.pgettext("verb", "Open") == words.npgettext("verb", "Open", "Opens", 1) == "⟦Open⟧"
            assert words.form_translations().gettext("This field is required.") == "⟦This field is required.⟧"
            assert page("{% trans %}Hello{% endtrans %} {{ _('you') }}") == "⟦Hello⟧ ⟦you⟧"
        assert words.best("xx", "en") == "xx"

    def test_days_and_lists_of_its_own_bring_no_letters(self, pseudo):
        with words.speak(words.PSEUDO, timezone="UTC"):
            assert words.list_of(["1", "2", "3"]) == "1, 2, 3"
            assert words.datetime(EIGHTH_OF_A_DAY_LATE) == "2026-03-05 22:30"
