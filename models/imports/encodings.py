"""Which encoding a text file is in: told by its marks and its bytes, the same answer every time."""

import codecs
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

BLOCK = 1 << 20
BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
ASCII = bytes(range(128))

# The marked letters of a language, the most frequent first, under the Windows code page it is written in.
ALPHABETS = (
    ("cp1252", "éèàêçôâîûùëïüœ"),  # French
    ("cp1252", "üäöß"),  # German
    ("cp1252", "óíáéñúü"),  # Spanish
    ("cp1252", "åäöøæé"),  # Nordic
    ("cp1252", "ãçáéêíóàôõúâ"),  # Portuguese
    ("cp1252", "àèòùéì"),  # Italian
    ("cp1252", "éäöüáíóñèàçåøæêâôîûëïãõúòìùßœ"),  # Customers all over the West
    ("cp1250", "łęóążśćńź"),  # Polish
    ("cp1250", "íáéěžčšřýůúťňóď"),  # Czech
    ("cp1250", "áéőöíóüúű"),  # Hungarian
    ("cp1250", "ăîâşţ"),  # Romanian
    ("cp1250", "čšžćđ"),  # Croatian, Slovene
    ("cp1257", "ėšįųžčąūę"),  # Lithuanian
    ("cp1257", "āīšēņļžčģķū"),  # Latvian
    ("cp1257", "äõüöšž"),  # Estonian
    ("cp1253", "αοιτενσηρπκμλςίόάέυήδχγθύφώβξζψϊϋΐΰ"),  # Greek
)
SIGNS = frozenset("€£§©®°·…–—‘’“”„«»\xa0")
LIKELY_LETTERS, CAPITAL, SIGN, STRANGE = 0.97, 0.1, 0.05, 0.0005


def detect(path: Path) -> str | None:
    """The codec's name; None where the bytes are a mixture of UTF-8 and something else."""
    head = _head(path)
    for mark, encoding in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    if unmarked := _utf_16_without_mark(head):
        return unmarked
    if _is_utf_8(path):
        return "utf-8"
    return None if _mostly_utf_8(path) else _code_page(_high_bytes(path))


def blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


def _head(path: Path) -> bytes:
    return next(blocks(path), b"")[:4096]


def _utf_16_without_mark(head: bytes) -> str | None:
    """Every second byte of Latin text in UTF-16 is zero."""
    if len(head) < 8:
        return None
    if head[1::2].count(0) > 0.4 * len(head) / 2 and not head[::2].count(0):
        return "utf-16-le"
    if head[::2].count(0) > 0.4 * len(head) / 2 and not head[1::2].count(0):
        return "utf-16-be"
    return None


def _is_utf_8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf_8(path: Path) -> bool:
    """Several valid sequences for one broken byte are no accident: two files were glued together."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    broken = valid = 0
    for block in blocks(path):
        text = decoder.decode(block)
        damaged = text.count("\ufffd")
        broken += damaged
        valid += len(text) - len(text.encode("ascii", "ignore")) - damaged
    return valid > broken


def _high_bytes(path: Path) -> Counter[int]:
    counted: Counter[int] = Counter()
    for block in blocks(path):
        counted.update(block.translate(None, ASCII))
    return counted


def _code_page(high: Counter[int]) -> str:
    """The code page of the language whose letters explain the bytes best; the first of equals."""
    return max(ALPHABETS, key=lambda alphabet: _likelihood(high.items(), *alphabet))[0]


def _likelihood(high: Iterable[tuple[int, int]], code_page: str, alphabet: str) -> float:
    scale = LIKELY_LETTERS / sum(1 / rank for rank in range(1, len(alphabet) + 1))
    chances = {letter: scale / rank for rank, letter in enumerate(alphabet, start=1)}
    score = 0.0
    for byte, times in high:
        character = bytes([byte]).decode(code_page, "replace")
        if character in SIGNS:
            chance = SIGN
        elif character in chances:
            chance = chances[character]
        else:
            chance = chances.get(character.lower(), 0) * CAPITAL or STRANGE
        score += times * math.log(chance)
    return score
