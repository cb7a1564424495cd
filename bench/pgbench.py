"""PostgreSQL's own load generator, which comes with the server: the least client there can be."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import make_url

from bench.databases import Databases
from runtime.place import programs

THREADS = 2


@dataclass(frozen=True, slots=True)
class Run:
    """`variables` can be read by a script, as :name, and set anew by each client for itself."""

    databases: Databases
    name: str
    clients: int
    variables: Mapping[str, int] = field(default_factory=dict)

    def for_seconds(self, script: str, seconds: float) -> float:
        """Transactions per second of the clock, of all clients together."""
        return self._run(script, ["--time", f"{seconds:.0f}"])

    def times(self, script: str, transactions: int) -> float:
        """The same, of so many transactions of each client."""
        return self._run(script, ["--transactions", str(transactions)])

    def _run(self, script: str, limits: list[str]) -> float:
        file = self.databases.home / "script.sql"
        file.write_text(script, encoding="utf-8")
        done = subprocess.run(self._command(file, limits), capture_output=True, text=True)
        found = re.search(r"tps = ([\d.]+)", done.stdout)
        if done.returncode or not found or "number of failed transactions: 0 " not in done.stdout:
            raise RuntimeError(f"pgbench: {done.stdout}{done.stderr[-2_000:]}")
        return float(found[1])

    def _command(self, file: Path, limits: list[str]) -> list[str]:
        socket = make_url(self.databases.url(self.name)).query["host"]
        return [
            *(str(programs() / "pgbench"), "--no-vacuum", "--protocol", "prepared", "--file", str(file)),
            *("--client", str(self.clients), "--jobs", str(min(THREADS, self.clients)), *limits),
            *(part for name, value in self.variables.items() for part in ("--define", f"{name}={value}")),
            *("-h", str(socket), "-U", "duewell", self.name),
        ]
