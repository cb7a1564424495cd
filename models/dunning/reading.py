"""How long somebody reads, and what a careful reader would change; differences between two versions of a text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from models.dunning.placeholders import NAME, Text
from models.errors import N_, Refused
from models.policies.sequences import Purpose

PER_MINUTE = 180  # Words: slower than a novel, because it is about money and read twice.
LONG = 150  # Words.
# A word may hold an apostrophe, a hyphen, and the half-space that joins the parts of one Persian word.
WORD = re.compile(r"[^\W_]+(?:['’\u200c-][^\W_]+)*")
SHOUTED = re.compile(r"\b[^\W\d_a-z]{5,}\b")
PIECES = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class Length:
    words: int
    seconds: int


def length(said: str) -> Length:
    """Of a text as it is read; numbers and names count as words."""
    count = len(WORD.findall(said))
    return Length(count, max(round(count * 60 / PER_MINUTE), 1))


def remarks(text: Text, purpose: Purpose) -> list[Refused]:
    """
    For whoever writes and for counsel: nothing that forbids the text, and all of it worth a look. What is signed may be
    as long as what it has to say.
    """
    plain = NAME.sub("", f"{text.subject}\n{text.body}\n{text.button}")
    found = []
    if "!" in plain:
        found.append(Refused(N_("An exclamation mark sounds like shouting.")))
    if any(word.isupper() and word.lower() != word for word in SHOUTED.findall(plain)):
        found.append(Refused(N_("A word in capitals sounds like shouting.")))
    if length(plain).words > LONG and purpose != Purpose.AGREEMENT:
        found.append(Refused(N_("Longer than %(most)s words: fewer people read to the end."), most=LONG))
    if re.search(r"https?://|www\.", plain):
        found.append(Refused(N_("An address of a page in the text: one action is enough, and {link} is it.")))
    return found


@dataclass(frozen=True, slots=True)
class Piece:
    """`kind`: same, gone (only in the old text), come (only in the new)."""

    kind: str
    text: str


def differences(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts side by side, word by word, with what is gone from one and what has come in the other."""
    before, after = PIECES.findall(old), PIECES.findall(new)
    left: list[Piece] = []
    right: list[Piece] = []
    for kind, *places in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        first, last, start, end = places
        same = kind == "equal"
        left.extend(_piece("same" if same else "gone", before[first:last]))
        right.extend(_piece("same" if same else "come", after[start:end]))
    return left, right


def _piece(kind: str, tokens: Sequence[str]) -> Iterator[Piece]:
    if tokens:
        yield Piece(kind, "".join(tokens))
