"""An embedded PostgreSQL of the bench's own, as durable as a customer's, and databases made from one template."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

from models import database, schema
from models.transactions import release
from runtime.cluster import Cluster, programs

TEMPLATE = "template_bench"


@dataclass(frozen=True, slots=True)
class Databases:
    home: Path
    cluster: Cluster

    def url(self, name: str) -> str:
        return self.cluster.url(name)

    def make(self, name: str, of: str = TEMPLATE) -> str:
        """A copy of a database, else one with the schema and a company, without any customer. Returns its address."""
        self.sql("postgres", f"drop database if exists {name} with (force)", f"create database {name} template {of}")
        return self.url(name)

    def sql(self, name: str, *statements: str) -> None:
        engine = create_engine(self.url(name), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    def scalar(self, name: str, query: str) -> Any:
        engine = create_engine(self.url(name))
        with engine.connect() as connection:
            found = connection.scalar(text(query))
        engine.dispose()
        return found

    def psql(self, name: str, command: str) -> None:
        """The client that comes with the server."""
        socket = make_url(self.url(name)).query["host"]
        subprocess.run(
            [
                *(str(programs() / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1"),
                *("-h", str(socket), "-U", "duewell", "-d", name, "-c", command),
            ],
            check=True,
        )


@contextmanager
def opened() -> Iterator[Databases]:
    folder = Path(tempfile.mkdtemp(prefix="duewell-bench-"))
    if os.geteuid() == 0:
        folder.chmod(0o711)  # PostgreSQL runs as somebody else then
    cluster = Cluster(folder / "postgres", tied=True)
    try:
        cluster.start()
        databases = Databases(folder / "home", cluster)
        _make_template(databases)
        yield databases
    finally:
        cluster.remove()
        shutil.rmtree(folder)


def _make_template(databases: Databases) -> None:
    databases.sql("postgres", f"create database {TEMPLATE}")
    engine = database.connect(databases.url(TEMPLATE))
    schema.upgrade(engine)
    release()
    engine.dispose()
