"""What is wrong with a translation, one sentence for each fault."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from gettext import c2py

from babel.messages.catalog import Catalog, Message

from commandline.translations.catalogues import (
    PLURAL_FORMS,
    SIDES,
    filled,
    first,
    forms,
    gathered,
    messages,
    read,
    template_path,
    template_text,
)

COUNTED = range(200)  # Every plural rule of ours repeats itself within this.
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%")
TAG = re.compile(r"</?[a-zA-Z][^>]*>")
LATIN_FIGURES = re.compile(r"(?<![\w-])[0-9]+(?!\w)")  # Not those of names: UTF8, PDF/A-3.
ARABIC_LETTERS = {"\u064a": "ی", "\u0643": "ک"}  # Arabic yeh and kaf look like the Persian ones and are not found.


def stale_templates() -> list[str]:
    return [
        f"{template_path(side).name} is stale: run `flask translations extract` and `flask translations update`"
        for side in SIDES
        if template_path(side).read_text(encoding="utf-8") != template_text(gathered(side))
    ]


def problems_of(language: str, template: Catalog) -> list[str]:
    """One sentence for each thing that is wrong, naming the language and the message."""
    translated = read(language)
    problems = []
    for message in messages(template):
        found = translated.get(first(message), message.context)
        if found is None or found.id != message.id:
            problems.append(f"{language}: not in the catalogue: {first(message)!r}")
        else:
            problems += [f"{language}: {problem}: {first(message)!r}" for problem in _faults(language, found)]
    return problems


def _faults(language: str, message: Message) -> Iterator[str]:
    if not filled(message):
        yield "empty"
        return
    if message.fuzzy:
        yield "fuzzy"
    originals, translated = forms(message.id), forms(message.string)
    if len(originals) > 1 and len(translated) != _plural_count(language):
        yield f"{len(translated)} plural forms instead of {_plural_count(language)}"
        return
    for number, form in enumerate(translated):
        yield from _differences(originals[-1], form, may_omit=len(originals) > 1 and _means_one(language, number))
        yield from _misspelt(language, form)
    if any("%" in PLACEHOLDER.sub("", original) for original in originals):
        yield "the original has a bare %, write %%"


def _differences(original: str, form: str, may_omit: bool) -> Iterator[str]:
    wanted, given = Counter(PLACEHOLDER.findall(original)), Counter(PLACEHOLDER.findall(form))
    if given - wanted or (wanted - given and not may_omit) or "%" in PLACEHOLDER.sub("", form):
        yield "other placeholders"
    if sorted(TAG.findall(original)) != sorted(TAG.findall(form)):
        yield "other tags"
    if original[:1].isspace() != form[:1].isspace() or original[-1:].isspace() != form[-1:].isspace():
        yield "space at the start or the end"
    if '"' in TAG.sub("", form):
        yield 'a straight " would end an HTML attribute, use quotation marks'


def _misspelt(language: str, form: str) -> Iterator[str]:
    plain = TAG.sub("", PLACEHOLDER.sub("", form))
    if language == "fa":
        yield from (
            f"{letter!r} is Arabic, Persian has {own!r}" for letter, own in ARABIC_LETTERS.items() if letter in form
        )
        if LATIN_FIGURES.search(plain):
            yield "Latin digits"
    if language == "el":
        yield from (
            f"Greek and Latin letters in {word!r}" for word in re.findall(r"\w+", plain) if _mixes_scripts(word)
        )


def _mixes_scripts(word: str) -> bool:
    return len({unicodedata.name(letter).split()[0] for letter in word if letter.isalpha()} & {"GREEK", "LATIN"}) > 1


def _plural_count(language: str) -> int:
    match = re.match(r"nplurals=(\d)", PLURAL_FORMS[language])
    assert match
    return int(match[1])


def _means_one(language: str, form: int) -> bool:
    """Whether a plural form is for a single number, so that it may leave the number out; Lithuanian's first is not."""
    rule = plural_rule(language)
    return sum(1 for count in COUNTED if rule(count) == form) == 1


def plural_rule(language: str) -> Callable[[int], int]:
    """Which of a language's plural forms a number takes."""
    rule: Callable[[int], int] = c2py(PLURAL_FORMS[language].partition("plural=")[2].rstrip(";"))
    return rule
