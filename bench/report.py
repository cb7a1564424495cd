"""docs/bench.md: the figures, the machine, and how to read them."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import psutil

from bench.figures import Figure
from bench.sizes import Size
from runtime.settings import PROJECT

PAGE = PROJECT / "docs" / "bench.md"
HEAD = ("what", "against", "result", "gate → stretch", "met?")
HOW_TO_READ = """\
## How to read it

Written by `make bench` (`SIZE=full make bench` for a million invoices), which never fails because of a figure.

- Only ratios mean anything: both sides were measured in this run, in turns, and the best of each counts. Other work on
  the machine moves the absolute figures, and the ratios far less.
- `×`: how many times as long as the limit; less is better. Figures without a sign: the share of the limit's speed that
  is reached; more is better. `stretch` says that the second goal is met as well, `no` that the gate is missed.
- Pages: CPU time of the web server per request (all processes of one granian worker, from `/proc/PID/stat`), over one
  open connection. PostgreSQL's own time is not in it. Pages of 50 rows are what people get; the page of 200 rows is the
  same code and template with another size, because the goal is about 200.
- Import: seconds of the clock, of a file in which 30 in 100 invoices are settled and bring a receipt and an allocation.
- Reminders: seconds of the clock, one process on both sides, every customer a mail in English that lists all that is
  late. Selection is a run less the seconds in which words are put together. After each run another one of the same day
  is made, and the bench breaks off if that one writes anything.
- Tryton (`SIZE=full` only): its own packages in a throwaway environment, the same items brought into its books by COPY,
  then `generate_dunnings`: one row for each item, without words. It keeps a general ledger beside; ours does not. Tried
  once on 2026-11-22 with 3,000 items, on two cores beside much other work: 33 items/s, and ours 440 items/s with
  words and outbox in the same hour. To be measured again on a quiet machine.
- Webhooks and payments: seconds of the clock, both sides with eight clients or workers on all cores, events signed
  before they are sent. pgbench says prepared statements. What a payment says is recorded from our own code and said
  again with the same values, plus one statement that reads them. Payers have no address, so that no mail is written.
- Paper: CPU time of this process without PostgreSQL's, every statement another customer's, because typst remembers.
- Cold start: CPU time of the command.
"""


@dataclass(frozen=True, slots=True)
class Run:
    on: date
    size: Size
    figures: Sequence[Figure]
    postgresql: str

    def table(self) -> str:
        rows = [(f.what, f.against, f.result, f.goal, f.met) for f in self.figures]
        return "\n".join(f"| {' | '.join(row)} |" for row in (HEAD, ("---",) * len(HEAD), *rows))

    def page(self) -> str:
        parts = [
            "# What Duewell does per second, and how near that is to what is possible",
            f"Measured on {self.on} on {self._machine()}. Size '{self.size.name}': "
            f"{self.size.invoices:,} invoices of {self.size.customers:,} customers.",
            self.table(),
            *self._causes(),
            "Absolute figures of this run, to size things with:",
            "\n".join(f"- {f.what}: {f.ours}; {f.against}: {f.limit}." for f in self.figures),
            HOW_TO_READ,
        ]
        return "\n\n".join(parts)

    def _causes(self) -> list[str]:
        missed: dict[str, list[str]] = {}
        for figure in self.figures:
            if figure.met == "no":
                missed.setdefault(figure.cause or "not looked into yet", []).append(figure.what)
        told = [f"- **{'; '.join(whats)}**: {cause}." for cause, whats in missed.items()]
        return ["## Gates that are missed, and why", "\n".join(told)] if told else []

    def _machine(self) -> str:
        cores, memory = os.cpu_count() or 1, psutil.virtual_memory().total / 2**30
        return (
            f"{cores} {'core' if cores == 1 else 'cores'}, {memory:.0f} GB of memory, "
            f"{platform.python_implementation()} {platform.python_version()}, PostgreSQL {self.postgresql} "
            "with fsync on"
        )
