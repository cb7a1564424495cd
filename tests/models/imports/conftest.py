"""What tests of imports share: the real ledgers where they are, and a short way to bring a file in."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from models import audit, imports
from models.imports import Kind, Summary
from models.reports.verify import verify
from tests.conftest import NOW

PROJECT = Path(__file__).parents[3]

BringIn = Callable[..., Summary]


@pytest.fixture(scope="session")
def ledgers() -> Path:
    """The folder of real ledgers: $DUEWELL_DATA/ledgers, else ../shared/data/ledgers beside the project."""
    folder = Path(os.environ.get("DUEWELL_DATA", PROJECT.parent / "shared" / "data")) / "ledgers"
    if not folder.is_dir():
        pytest.skip(f"NO REAL LEDGERS: {folder} is absent, so the figures of real files were not checked")
    return folder


@pytest.fixture
def bring_in(engine: Engine, tmp_path: Path) -> BringIn:
    """Import files: paths, or text that is written to a file of the given name first."""

    def run(kind: str, *files: Path | str, name: str = "", **options: object) -> Summary:
        paths = []
        for file in files:
            if isinstance(file, str):
                path = tmp_path / (name or f"{kind}.csv")
                path.write_text(file, encoding="utf-8")
                file = path
            paths.append(file)
        return imports.run(
            Kind(kind),
            paths,
            **{"home": tmp_path / "home", "by": audit.COMMAND, "now": NOW, **options},
        )

    return run


@pytest.fixture
def prove(engine: Engine) -> Callable[[], None]:
    """The books hold: every invariant that `flask verify` knows."""

    def run() -> None:
        assert verify(None, now=NOW).broken == []

    return run
