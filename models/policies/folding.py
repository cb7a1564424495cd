"""Words as they are compared: without case, accents and the many ways to type one letter."""

import re
import unicodedata
from dataclasses import dataclass

END = "."  # Stands between sentences.
_HALF_SPACES = "\u200c\u200d"  # They join the parts of one Persian word.
_WORD = re.compile(
    rf"\d+(?:[.,/٫]\d+)*|[^\W\d_][\w{_HALF_SPACES}\u0300-\u036f\u064b-\u0652'’ʼ]*|[.!?;…؟؛](?=\s|$)|[!?\n]"
)
_DROPPED = str.maketrans(dict.fromkeys(f"{_HALF_SPACES}'’ʼـ_"))
_SAME_LETTER = str.maketrans("łøđıيىكةۀھٱ", "lodiییکههها")
_PERSIAN_VERB = frozenset(("می", "نمی"))  # Typed before the verb, with a space, a half-space or nothing between.
# Greek in Latin letters, as it sounds: both sides are brought to one spelling, so 'den hrthe' is 'δεν ήρθε'.
_GREEK_PAIRS = (("ου", "u"), ("ει", "i"), ("οι", "i"), ("αι", "e"), ("μπ", "b"), ("ντ", "d"), ("γκ", "g"), ("γγ", "g"))
_GREEK_LETTERS = str.maketrans(dict(zip("αβγδεζηικλμνοπρστυφω", "avgdeziiklmnoprstifo", strict=True)))
_GREEK_DIGRAPHS = {ord("θ"): "th", ord("ξ"): "ks", ord("χ"): "x", ord("ψ"): "ps"}
_LATIN_PAIRS = (
    *(("th", "8"), ("ch", "x"), ("kh", "x"), ("ph", "f"), ("ou", "|"), ("ei", "i"), ("oi", "i"), ("ai", "e")),
    *(("mp", "b"), ("nt", "d"), ("gk", "g"), ("gg", "g"), ("h", "i"), ("y", "i"), ("u", "i"), ("w", "o"), ("c", "k")),
    *(("|", "u"), ("8", "th")),
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it is compared and the part of the text it stands for."""

    folded: str
    start: int
    end: int


def words(text: str) -> list[Word]:
    """The words, numbers and ends of sentences of a text."""
    found: list[Word] = []
    for match in _WORD.finditer(text):
        folded = fold(match[0]) if match[0][0].isalnum() else END
        if found and found[-1].folded in _PERSIAN_VERB and folded != END:
            found[-1] = Word(found[-1].folded + folded, found[-1].start, match.end())
        elif folded:
            found.append(Word(folded, match.start(), match.end()))
    return found


def fold(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.translate(_DROPPED).casefold())
    plain = "".join(_digit(letter) for letter in plain if not unicodedata.combining(letter))
    return plain.translate(_SAME_LETTER)


def _digit(letter: str) -> str:
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter


def greek_sound(folded: str) -> str:
    """A folded Greek word in Latin letters as it sounds; a Latin one in the same spelling."""
    pairs = _LATIN_PAIRS if folded.isascii() else _GREEK_PAIRS
    for written, sound in pairs:
        folded = folded.replace(written, sound)
    return folded.translate(_GREEK_LETTERS).translate(_GREEK_DIGRAPHS)
