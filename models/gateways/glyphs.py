"""Which characters the fonts for paper can print, read from the fonts themselves."""

import struct
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

FONTS = Path(__file__).resolve().parents[2] / "fonts" / "paper"
# In the order in which typst looks for a glyph; the second order is that of Persian letters.
FAMILIES = ("Inter", "Vazirmatn", "NotoSansHebrew", "NotoSansArmenian", "NotoSansGeorgian")
PERSIAN_FAMILIES = ("Vazirmatn", "Inter", *FAMILIES[2:])
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# The brackets of the pseudo-language, which no font for text has.
STAND_INS = {"⟦": "[", "⟧": "]"}
# Directional marks and joiners: they shape a line and need no glyph.
INVISIBLE = frozenset(map(chr, (0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, *range(0x2066, 0x206A))))


def printable(value: object, families: Sequence[str] = FAMILIES) -> object:
    """
    A copy of JSON-like values whose every text can be printed.

    A letter in an archive format may not hold a character without a glyph, and a name in Chinese must
    not stop the letter: what no font has becomes the replacement character, control characters vanish.
    """
    if isinstance(value, str):
        return value if value.isascii() and value.isprintable() else _printable_text(value, families)
    if isinstance(value, Mapping):
        return {key: printable(item, families) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [printable(item, families) for item in value]
    return value


def _printable_text(text: str, families: Sequence[str]) -> str:
    """A mark (an accent, a point) stays only where the font of its letter has it: typst can fail on a mixture."""
    kept: list[str] = []
    home: frozenset[str] = frozenset()
    for character in unicodedata.normalize("NFC", " ".join(text.splitlines())):
        kind = unicodedata.category(character)
        if kind in ("Mn", "Mc", "Me"):
            kept.append(character if character in home else "")
            continue
        shown = _shown(character, kind, families)
        home = next((covered(family) for family in families if shown in covered(family)), frozenset())
        kept.append(shown)
    return "".join(kept)


def _shown(character: str, kind: str, families: Sequence[str]) -> str:
    if character in INVISIBLE:
        return character
    if kind in ("Cc", "Cf"):
        return " " if character.isspace() else ""
    if any(character in covered(family) for family in families):
        return character
    return " " if character.isspace() else STAND_INS.get(character, REPLACEMENT)


@cache
def covered(family: str) -> frozenset[str]:
    """The characters for which a family has a glyph."""
    return frozenset(map(chr, _codes((FONTS / f"{family}-Regular.ttf").read_bytes())))


def _codes(font: bytes) -> Iterator[int]:
    """The characters of a TrueType font: OpenType's `cmap`, formats 4 (16 bits) and 12 (32 bits)."""
    cmap = _table(font, b"cmap")
    (subtables,) = struct.unpack_from(">H", cmap, 2)
    for record in range(subtables):
        (offset,) = struct.unpack_from(">I", cmap, 4 + 8 * record + 4)
        (format_,) = struct.unpack_from(">H", cmap, offset)
        if format_ == 4:
            yield from _segments(cmap, offset)
        elif format_ == 12:
            (groups,) = struct.unpack_from(">I", cmap, offset + 12)
            for first, last, _ in struct.iter_unpack(">III", cmap[offset + 16 : offset + 16 + 12 * groups]):
                yield from range(first, last + 1)


def _segments(cmap: bytes, offset: int) -> Iterator[int]:
    (doubled,) = struct.unpack_from(">H", cmap, offset + 6)
    count = doubled // 2
    lasts = struct.unpack_from(f">{count}H", cmap, offset + 14)
    firsts = struct.unpack_from(f">{count}H", cmap, offset + 16 + doubled)
    deltas = struct.unpack_from(f">{count}H", cmap, offset + 16 + 2 * doubled)
    places = offset + 16 + 3 * doubled
    ranges = struct.unpack_from(f">{count}H", cmap, places)
    for segment, (first, last, delta, jump) in enumerate(zip(firsts, lasts, deltas, ranges, strict=True)):
        for code in range(first, last + 1):
            glyph = code + delta
            if jump:
                (glyph,) = struct.unpack_from(">H", cmap, places + 2 * segment + jump + 2 * (code - first))
            if glyph & 0xFFFF and code != 0xFFFF:
                yield code


def _table(font: bytes, tag: bytes) -> bytes:
    (tables,) = struct.unpack_from(">H", font, 4)
    for record in range(tables):
        name, _, offset, length = struct.unpack_from(">4sIII", font, 12 + 16 * record)
        if name == tag:
            return font[offset : offset + length]
    raise ValueError(f"The font has no table {tag.decode()}.")
