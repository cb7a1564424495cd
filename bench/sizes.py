"""How much is measured, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass

LONG_PAGE = 200  # rows of the statement that SPEED's goal is about
REAL_PAGE = 50  # rows of the statement that customers get


@dataclass(frozen=True, slots=True)
class Size:
    name: str
    invoices: int
    customers: int
    imports: int
    """How often each file is loaded: the best counts."""
    rounds: int
    """How often each page is asked for in turn: the best counts."""
    starts: int
    storms: int
    """How often events are poured in: the best counts."""
    papers: int
    """How often a statement is printed: the best counts."""
    payments: int
    """How many payments each worker books, in each of `storms` rounds."""
    nights: int
    """How often everybody is reminded: the best counts."""
    peers: bool = False
    """Whether another program is set up and measured beside ours."""


SIZES = {
    "small": Size(
        *("small", 100_000, 5_000),
        **{"imports": 3, "rounds": 7, "starts": 9, "storms": 5, "papers": 20, "payments": 40, "nights": 3},
    ),
    "full": Size(
        *("full", 1_000_000, 50_000),
        **{"imports": 2, "rounds": 15, "starts": 21, "storms": 9, "papers": 60, "payments": 200, "nights": 2},
        peers=True,
    ),
}


def chosen(environ: Mapping[str, str]) -> Size:
    """:raises SystemExit: SIZE is neither empty nor one of ours."""
    name = environ.get("SIZE") or "small"
    if name not in SIZES:
        raise SystemExit(f"SIZE is '{name}': it may be {' or '.join(SIZES)}.")
    return SIZES[name]
