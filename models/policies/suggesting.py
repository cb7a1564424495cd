"""
Which reason the words of a short complaint speak for, so that a person has less to choose; the person confirms.

The phrases stand in complaints/*.toml, one file for each language. Each phrase found adds its weight to its reason;
words that say what is *not* wrong ('the price is fine') are set aside first. The reason with clearly most weight is
suggested, else none. No training and no probability: whoever asks why is shown the words.
"""

import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.policies.folding import END, Word, fold, greek_sound, words

FOLDER = Path(__file__).with_name("complaints")
LANGUAGES = ("en", "lt", "el", "pl", "cs", "fa")
GREEK_IN_LATIN = "el-Latn"
READ = 4_000  # Letters of a text that are read: a complaint is short, and a novel costs no more than a page.
ENOUGH = 2  # Weight without which nothing is suggested.
CLEAR = 2  # Weight by which a reason must lead the next one.
WORDS_FOR_ONE_MORE = 30  # A long text needs more: somewhere in it stands any word.
ABROAD = 3  # Weight that another language than the customer's needs more, for words that look alike.
WEIGHTS = {"strong": 4, "plain": 2, "hint": 1}
GAPS = {"~": 1, "..": 3, "...": 6}  # How many words may stand where a phrase has this sign.
NUMBER, DECIMAL = "#", "#,"
SET_ASIDE = "set_aside"
OTHER = "other"  # Never suggested: what speaks for another matter keeps the rest from being suggested.
LONGEST_STEM = 14

Keys = frozenset[str]
Part = Keys | int  # What a word may be, or how many words may stand between.


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A reason, and the words of the text that spoke for it, in their order."""

    reason: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Phrase:
    reason: str
    weight: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    phrase: _Phrase
    places: tuple[int, ...]

    @property
    def weight(self) -> int:
        """More for a long phrase, which says more exactly what is wrong; a hint stays a hint."""
        more = len(self.places) - 1 if self.phrase.weight > WEIGHTS["hint"] else 0
        return self.phrase.weight + more


@dataclass(frozen=True, slots=True)
class _Lexicon:
    language: str
    by_first: Mapping[str, Sequence[_Phrase]]


def suggest(text: str, language: str = "") -> Suggestion | None:
    """The reason that the text clearly speaks for, wherever its words are understood best; none if unclear."""
    text = unicodedata.normalize("NFC", text[:READ])
    said = words(text)
    best, reason, ahead = [], "", 0
    keys, sounds = [_keys(word.folded) for word in said], [_keys(_sound(word.folded)) for word in said]
    for lexicon in _lexicons():
        found = _found(sounds if lexicon.language == GREEK_IN_LATIN else keys, lexicon)
        leader, weight = _leader(found, len(said))
        weight -= ABROAD if language in LANGUAGES and not lexicon.language.startswith(language) else 0
        if weight > ahead:
            best, reason, ahead = found, leader, weight
    if reason in ("", OTHER) or ahead < ENOUGH:
        return None
    return Suggestion(reason, _quoted(text, said, [each for each in best if each.phrase.reason == reason]))


def _leader(found: Sequence[_Found], length: int) -> tuple[str, int]:
    """The reason with clearly most weight, '' if none is clear, and the weight."""
    weights: Counter[str] = Counter()
    for each in found:
        weights[each.phrase.reason] += each.weight
    (reason, most), (_, next_one) = [*weights.most_common(2), ("", 0), ("", 0)][:2]
    clear = most >= ENOUGH + length // WORDS_FOR_ONE_MORE and most - next_one >= CLEAR
    return (reason if clear else ""), most


def _found(keys: Sequence[Keys], lexicon: _Lexicon) -> list[_Found]:
    """Every phrase once, and no word twice for one reason: the heavier and the longer phrase has it."""
    everywhere = list(_everywhere(keys, lexicon))
    aside = {place for each in everywhere if each.phrase.reason == SET_ASIDE for place in each.places}
    everywhere.sort(key=lambda each: (-each.weight, -len(each.places), each.places))
    taken: dict[str, set[int]] = {}
    counted: dict[_Phrase, _Found] = {}
    for each in everywhere:
        spoken = taken.setdefault(each.phrase.reason, set(aside))
        if each.phrase.reason != SET_ASIDE and each.phrase not in counted and spoken.isdisjoint(each.places):
            spoken.update(each.places)
            counted[each.phrase] = each
    return _outermost(list(counted.values()))


def _outermost(found: Sequence[_Found]) -> list[_Found]:
    """Without phrases that lie within one for another reason: in 'the fitter never came' no parcel is missing."""
    whole = [(each, frozenset(each.places)) for each in found]
    return [
        each
        for each, places in whole
        if not any(places < wider and each.phrase.reason != other.phrase.reason for other, wider in whole)
    ]


def _everywhere(keys: Sequence[Keys], lexicon: _Lexicon) -> Iterator[_Found]:
    for place, these in enumerate(keys):
        for key in these:
            for phrase in lexicon.by_first.get(key, ()):
                places = _match(phrase.parts, keys, place)
                if places:
                    yield _Found(phrase, places)


def _match(parts: Sequence[Part], keys: Sequence[Keys], place: int) -> tuple[int, ...]:
    """The places of the words of a phrase that begins at `place`, empty where it does not."""
    if not isinstance(parts[0], int):
        if place >= len(keys) or parts[0].isdisjoint(keys[place]):
            return ()
        rest = _match(parts[1:], keys, place + 1) if len(parts) > 1 else ()
        return (place, *rest) if rest or len(parts) == 1 else ()
    for later in range(place, min(place + parts[0] + 1, len(keys))):
        rest = _match(parts[1:], keys, later)
        if rest:
            return rest
        if END in keys[later]:
            break
    return ()


def _keys(folded: str) -> Keys:
    """What a phrase may call a word by: itself, each of its beginnings, or a number."""
    if folded[:1].isdigit():
        return frozenset((folded, NUMBER, DECIMAL) if set(folded) & {".", ",", "/"} else (folded, NUMBER))
    return frozenset((folded, *(f"{folded[:length]}*" for length in range(1, min(len(folded), LONGEST_STEM) + 1))))


def _sound(folded: str) -> str:
    return greek_sound(folded) if folded.isascii() else ""


def _quoted(text: str, said: Sequence[Word], found: Sequence[_Found]) -> tuple[str, ...]:
    """The words that spoke as they stand in the text, neighbours together."""
    places = sorted({place for each in found for place in each.places})
    quotes: list[tuple[int, int]] = []
    for before, place in zip([-2, *places], places, strict=False):
        start = quotes.pop()[0] if place == before + 1 else said[place].start
        quotes.append((start, said[place].end))
    return tuple(text[start:end] for start, end in quotes)


@cache
def _lexicons() -> tuple[_Lexicon, ...]:
    return tuple(_read(language) for language in (*LANGUAGES, GREEK_IN_LATIN))


def _read(language: str) -> _Lexicon:
    phrases = tomllib.loads((FOLDER / f"{language[:2]}.toml").read_text("utf-8"))
    classes = {name: tuple(members.split()) for name, members in phrases.pop("words").items()}
    by_first: dict[str, list[_Phrase]] = {}
    aside = phrases.pop(SET_ASIDE)
    listed = [(SET_ASIDE, 0, aside)]
    listed += [(reason, WEIGHTS[how], written) for reason, by in phrases.items() for how, written in by.items()]
    for reason, weight, written in listed:
        for phrase in written.replace("\n", ";").split(";"):
            parts = tuple(_part(part, classes, language) for part in phrase.split())
            for key in parts[0] if parts and not isinstance(parts[0], int) else ():
                by_first.setdefault(key, []).append(_Phrase(reason, weight, parts))
    return _Lexicon(language, by_first)


def _part(written: str, classes: Mapping[str, Sequence[str]], language: str) -> Part:
    if written in GAPS:
        return GAPS[written]
    options = [each for one in written.split("|") for each in (classes[one[1:]] if one[0] == "@" else (one,))]
    return frozenset(_key(option, language) for option in options)


def _key(written: str, language: str) -> str:
    if written in (NUMBER, DECIMAL):
        return written
    folded = fold(written.removesuffix("*"))
    if language == GREEK_IN_LATIN:
        folded = greek_sound(folded)
    return folded[:LONGEST_STEM] + "*" if written.endswith("*") else folded
