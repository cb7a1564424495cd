"""Where somebody who owes finds free and independent advice, by country: for people, never for firms."""

import tomllib
from functools import cache
from pathlib import Path

from models.customers import CustomerKind

FILE = Path(__file__).with_name("advice.toml")


@cache
def _places() -> dict[str, str]:
    with FILE.open("rb") as file:
        return {country: str(facts["where"]) for country, facts in tomllib.load(file).items()}


def place(kind: CustomerKind, country: str) -> str:
    """Empty where none was read; who is of unknown kind is treated as a person."""
    return "" if kind == CustomerKind.BUSINESS else _places().get(country, "")
