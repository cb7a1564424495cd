"""The reason that a complaint's words speak for is suggested with those words, or nothing is."""

import time

import pytest

from models.disputes.reasons import Reason
from models.policies.suggesting import LANGUAGES, READ, suggest
from tests.models.policies.measuring import PUBLIC, SETS, complaints, measure, silence

FLOORS = {"invented_a": 0.9, "invented_b": 0.58}  # Lower ends of the intervals; the rules were made on A.
FLOOR = 0.4  # On any other set: far above the tenth that guessing would reach.


@pytest.mark.parametrize("name", SETS)
def test_on_invented_complaints_it_is_right_often_enough(name: str) -> None:
    listed, floor = complaints(name), FLOORS.get(name, FLOOR)
    measured = measure(listed)
    print(f"{name}: right {measured.accuracy}, of suggestions {measured.precision}, covered {measured.coverage}")
    assert len(listed) == 200
    assert {one["language"] for one in listed} == set(LANGUAGES)
    assert {one["reason"] for one in listed} == set(Reason)
    assert min(measured.accuracy.low, measured.precision.low, measured.coverage.low) > floor
    assert measure(listed, told_the_language=False).accuracy.low > floor - 0.05


@pytest.mark.parametrize(
    ("file", "floor"), [("debt_collection_comments.csv", 0.9), ("cfpb_narratives_cleaned.csv", 0.8)]
)
def test_on_public_texts_about_other_matters_it_is_mostly_silent(file: str, floor: float) -> None:
    if not PUBLIC.is_dir():
        pytest.skip(f"NO PUBLIC TEXTS: {PUBLIC} is absent, so silence on other matters was not measured")
    quiet = silence(file, every=4)
    print(f"{file}, every fourth: no suggestion on {quiet}")
    assert quiet.hits / quiet.tries > floor


@pytest.mark.parametrize(
    ("text", "language", "reason", "because"),
    [
        ("It came broken, in pieces!", "en", "damaged", ("came broken, in pieces",)),
        ("Prekės taip ir NEGAVAU", "lt", "not_received", ("taip ir NEGAVAU",)),
        ("Το έχω ήδη πληρώσει", "el", "duplicate", None),
        ("Zamówiłam czerwone, dostałam niebieskie", "pl", "wrong_item", None),
        ("zbozi dosud nedorazilo", "cs", "not_received", None),
        ("دستگاه کار نمی‌کند", "fa", "defective", None),
        ("قیمت فاکتور با سفارش فرق دارد", "fa", "price", None),
    ],
)
def test_it_shows_the_words_that_spoke_as_they_stand_in_the_text(
    text: str, language: str, reason: str, because: tuple[str, ...] | None
) -> None:
    suggestion = suggest(text, language)
    assert suggestion is not None
    assert suggestion.reason == reason
    assert all(words in text for words in suggestion.because)
    assert because is None or suggestion.because == because


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Prekių dar negavau, siuntos nėra", "PREKIU DAR NEGAVAU, SIUNTOS NERA"),
        ("Δεν έχει έρθει ακόμα", "den exei erthei akoma"),
        ("Δεν έχει έρθει ακόμα", "ΔΕΝ ΕΧΕΙ ΕΡΘΕΙ ΑΚΟΜΑ"),
        ("zboží nedorazilo", "zbozi nedorazilo"),
        ("Paczka nie dotarła", "paczka nie dotarla"),
        ("دریل کار نمی‌کند", "دريل كار نمي كند"),
        ("۱۲ کارتن رسیده، شما ۱۵ تا زدین", "12 کارتن رسیده، شما 15 تا زدین"),
    ],
)
def test_however_it_is_typed_it_says_the_same(one: str, other: str) -> None:
    first, second = suggest(one), suggest(other)
    assert first is not None
    assert second is not None
    assert first.reason == second.reason


def test_a_negation_turns_the_meaning() -> None:
    assert suggest("The parcel arrived", "en") is None
    assert getattr(suggest("The parcel never arrived", "en"), "reason", "") == "not_received"
    assert suggest("It is not damaged", "en") is None
    assert getattr(suggest("Quantity is fine but the price is wrong", "en"), "reason", "") == "price"


@pytest.mark.parametrize(
    "text", ["", " ", "ok", "?", "12 15", "Hello", "Please help", "\u200c", "'", "\x00\ud800", "👍"]
)
def test_of_too_little_it_makes_nothing(text: str) -> None:
    assert suggest(text) is None


def test_what_speaks_for_two_reasons_alike_gives_none() -> None:
    assert suggest("Faulty, and overcharged.", "en") is None


@pytest.mark.parametrize("language", ["", "en", "xx", "fa"])
def test_huge_and_hostile_texts_take_no_longer_than_a_page(language: str) -> None:
    begun = time.process_time()
    for text in ("never ", "a", "1,2.", "1 box not ", "می ", "\u0301", "((((", "δεν ηρθε "):
        suggest(text * 200_000, language)
    assert time.process_time() - begun < 10
    page = "never arrived " * (READ // 14 + 1)
    assert suggest(page[:READ], language) == suggest(page * 100, language)
