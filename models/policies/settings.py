"""A company's own settings, where they differ from the defaults of a policy."""

from collections.abc import Mapping
from decimal import Decimal


def decimal(settings: Mapping[str, object], name: str, defaults: Mapping[str, Decimal]) -> Decimal:
    """A company's own number, or the default."""
    return Decimal(str(settings.get(name, defaults[name])))


def number(settings: Mapping[str, object], name: str, defaults: Mapping[str, int]) -> int:
    """A company's own whole number, or the default."""
    return int(str(settings.get(name, defaults[name])))
