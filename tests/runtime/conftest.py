import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from runtime import cluster


@contextmanager
def new_home() -> Iterator[Path]:
    """A home that every user may pass through, unlike pytest's own folders."""
    room = Path(tempfile.mkdtemp(prefix="duewell-home-", dir="/tmp"))
    room.chmod(0o711)
    yield room / "home"
    if (room / "home" / "postgres").exists():
        cluster.of_home(room / "home").remove()
    shutil.rmtree(room)


@pytest.fixture
def home() -> Iterator[Path]:
    with new_home() as home:
        yield home


@pytest.fixture(scope="session")
def made_once() -> Iterator[Path]:
    with new_home() as home:
        with cluster.running(home):
            pass
        yield home


@pytest.fixture
def used_home(made_once: Path) -> Iterator[Path]:
    """A home whose cluster was made before and does not run; making one for each test takes seconds."""
    yield made_once
    cluster.of_home(made_once).stop()
