"""How often the suggested reason is right: `python -m tests.models.policies.measuring` prints the figures."""

import csv
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.policies.suggesting import LANGUAGES, OTHER, suggest
from models.policies.verifying import clopper_pearson

FOLDER = Path(__file__).with_name("complaints")
PROJECT = Path(__file__).parents[3]
PUBLIC = Path(os.environ.get("DUEWELL_DATA", PROJECT.parent / "shared" / "data")) / "complaints"
PUBLIC_TEXTS = {"debt_collection_comments.csv": "text", "cfpb_narratives_cleaned.csv": "narrative"}
SETS = sorted(path.stem for path in FOLDER.glob("invented_*.json"))


@dataclass(frozen=True)
class Share:
    """So many of so many, with the exact 95 % interval."""

    hits: int
    tries: int

    @property
    def low(self) -> float:
        return clopper_pearson(self.hits, self.tries)[0]

    def __str__(self) -> str:
        low, high = clopper_pearson(self.hits, self.tries)
        share = self.hits / self.tries if self.tries else 0
        return f"{self.hits} of {self.tries} = {share:.1%} ({low:.1%} to {high:.1%})"


@dataclass(frozen=True)
class Measured:
    accuracy: Share  # Right, 'no suggestion' being the right answer where the reason is another.
    precision: Share  # Right where something was suggested.
    coverage: Share  # Rightly or wrongly suggested, of the complaints about one of the ten reasons.


def complaints(name: str) -> list[dict[str, str]]:
    """A set is a list of {text, language, reason}, or {"note": …, "complaints": [that list]}."""
    read: Any = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    listed: list[dict[str, str]] = read["complaints"] if isinstance(read, dict) else read
    return listed


def measure(listed: list[dict[str, str]], told_the_language: bool = True) -> Measured:
    pairs = list(_answers(listed, told_the_language))
    suggested = [(answer, reason) for answer, reason in pairs if answer != OTHER]
    covered = [(answer, reason) for answer, reason in pairs if reason != OTHER]
    return Measured(
        accuracy=Share(sum(answer == reason for answer, reason in pairs), len(pairs)),
        precision=Share(sum(answer == reason for answer, reason in suggested), len(suggested)),
        coverage=Share(sum(answer != OTHER for answer, _ in covered), len(covered)),
    )


def silence(file: str, every: int = 1) -> Share:
    """How many of the public texts, which are about debt collection and not about goods, get no suggestion."""
    with (PUBLIC / file).open(encoding="utf-8", newline="") as lines:
        texts = [row[PUBLIC_TEXTS[file]] for row in csv.DictReader(lines)][::every]
    return Share(sum(suggest(text, "en") is None for text in texts), len(texts))


def _answers(listed: list[dict[str, str]], told_the_language: bool) -> Iterator[tuple[str, str]]:
    for one in listed:
        suggestion = suggest(one["text"], one["language"] if told_the_language else "")
        yield suggestion.reason if suggestion else OTHER, one["reason"]


def main() -> None:
    for name in SETS:
        listed = complaints(name)
        for language in ("", *LANGUAGES):
            measured = measure([one for one in listed if language in ("", one["language"])])
            print(f"{name} {language or 'all'}: right {measured.accuracy}; of suggestions {measured.precision};")
            print(f"    covered {measured.coverage}")
        print(f"{name} without being told the language: right {measure(listed, told_the_language=False).accuracy}")
    for file in PUBLIC_TEXTS if PUBLIC.is_dir() else ():
        print(f"{file}: no suggestion on {silence(file)}")


if __name__ == "__main__":
    main()
