"""Catalogues of messages: gathered from the sources, merged with the translations there are, compiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

import wtforms
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_from_file
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import TemplateSyntaxError

HOUSE = Path(__file__).resolve().parents[2]
TRANSLATIONS = HOUSE / "translations"
SIDES = ("portal", "backoffice")
ROOMS = {"portal", "backoffice", "commandline", "frame", "models", "templates"}
WTFORMS = Path(wtforms.__file__).parent
WTFORMS_SPEAKS_IN = ("validators.py", "fields/choices.py", "fields/datetime.py", "fields/numeric.py")
WTFORMS_SAYS_ELSEWHERE = {  # To programmers, or in fields that no page has.
    "Choices cannot be None.",
    "Invalid IP address.",
    "Invalid Mac address.",
    "Invalid UUID.",
    "Invalid field name '%s'.",
    "Not a valid week value.",
}

# By the plural rules of CLDR for whole numbers; Babel's own list gives Persian one form only.
PLURAL_FORMS = {
    "lt": "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2);",
    "el": "nplurals=2; plural=(n != 1);",
    "pl": "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
    "cs": "nplurals=3; plural=(n==1 ? 0 : n>=2 && n<=4 ? 1 : 2);",
    "fa": "nplurals=2; plural=(n > 1);",
}

Text = str | tuple[str, ...]


def template_path(side: str) -> Path:
    return TRANSLATIONS / f"{side}.pot"


def catalogue_path(language: str) -> Path:
    return TRANSLATIONS / language / "LC_MESSAGES" / "portal.po"


def read(language: str) -> Catalog:
    with catalogue_path(language).open("rb") as file:
        return read_po(file, locale=language)


def blank(language: str) -> Catalog:
    """An empty catalogue that counts by our plural rule, which not every `Catalog(locale=…)` does."""
    return read_po(BytesIO(_header(language).encode()), locale=language)


@cache
def gathered(side: str) -> Catalog:
    """Every message of one side, by file and text: neither dates nor line numbers, so that commits stay readable.

    Reading all sources takes seconds, and none of them changes while a command runs: once for each process.
    """
    found: dict[tuple[Text, str | None], set[str]] = {}
    for file, text, context in _said(side):
        found.setdefault((text, context), set()).add(file)
    catalogue = Catalog()
    for (text, context), files in sorted(found.items(), key=lambda item: (min(item[1]), str(item[0]))):
        catalogue.add(text, context=context, locations=[(file, 0) for file in sorted(files)])
    return catalogue


def _said(side: str) -> Iterator[tuple[str, Text, str | None]]:
    with (TRANSLATIONS / f"{side}.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    reading: list[str] = []
    try:
        for path, _, text, _, context in extract_from_dir(
            HOUSE,
            methods,
            options,
            callback=lambda path, _method, _options: reading.append(path),
            directory_filter=_is_ours,
        ):
            yield path, text, context
    except TemplateSyntaxError as error:
        error.add_note(f"in {reading[-1]}")  # Jinja knows the line only.
        raise
    if side == "portal":
        for path in WTFORMS_SPEAKS_IN:
            for _, text, _, context in extract_from_file("python", WTFORMS / path, DEFAULT_KEYWORDS):
                if text not in WTFORMS_SAYS_ELSEWHERE:
                    yield f"wtforms/{path}", text, context


def _is_ours(folder: str) -> bool:
    return Path(folder).relative_to(HOUSE).parts[0] in ROOMS


def template_text(catalogue: Catalog) -> str:
    return _header() + _body(catalogue)


def update_language(language: str, template: Catalog) -> Catalog:
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue = merged(template, read(language) if path.exists() else blank(language))
    path.write_text(_header(language) + _body(catalogue), encoding="utf-8")
    return catalogue


def compile_language(language: str) -> Path:
    """Write the .mo file beside the .po file."""
    path = catalogue_path(language).with_suffix(".mo")
    with path.open("wb") as file:
        write_mo(file, read(language))
    return path


def missing(catalogue: Catalog) -> list[str]:
    return [first(message) for message in messages(catalogue) if not filled(message)]


def _header(language: str = "") -> str:
    own = [f"Language: {language}", f"Plural-Forms: {PLURAL_FORMS[language]}"] if language else []
    lines = [*own, "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    return 'msgid ""\nmsgstr ""\n' + "".join(f'"{line}\\n"\n' for line in lines) + "\n"


def _body(catalogue: Catalog) -> str:
    written = BytesIO()
    write_po(written, catalogue, width=0, omit_header=True, ignore_obsolete=True, include_lineno=False)
    return written.getvalue().decode()


def merged(template: Catalog, translated: Catalog) -> Catalog:
    """The template's messages with the translations there are; a text that changed begins anew."""
    catalogue = blank(str(translated.locale))
    for message in messages(template):
        old = translated.get(first(message), message.context)
        same = old is not None and old.id == message.id
        catalogue.add(
            message.id,
            string=old.string if same and old else "",
            locations=message.locations,
            flags={"fuzzy"} if same and old and old.fuzzy else set(),
            context=message.context,
        )
    return catalogue


def messages(catalogue: Catalog) -> Iterator[Message]:
    return (message for message in catalogue if message.id)


def first(message: Message) -> str:
    return forms(message.id)[0]


def forms(text: str | Iterable[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def filled(message: Message) -> bool:
    return bool(message.string) and all(forms(message.string))
