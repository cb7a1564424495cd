"""Measures everything and writes docs/bench.md. SIZE=small (about five minutes) or SIZE=full."""

import os
import sys
from datetime import UTC, datetime

from sqlalchemy import text

from bench import (
    charging,
    databases,
    imports,
    pages,
    papers,
    posting,
    reminders,
    report,
    sample,
    sizes,
    starting,
    webhooks,
)
from models import database
from models.database import session
from models.transactions import release


def main() -> None:
    size, now = sizes.chosen(os.environ), datetime.now(UTC)
    with databases.opened() as own:
        own.home.mkdir(exist_ok=True)
        _say(f"a file of {size.invoices:,} invoices")
        file = sample.write(own.home / "invoices.csv", size, now.date())
        _say("import")
        imported = imports.measured(own, file, size)
        own.sql(imports.IMPORTED, "vacuum analyze")
        engine = database.connect(own.url(imports.IMPORTED))
        _say("pages")
        shown = pages.measured(own, imports.IMPORTED, size, now)
        version = str(session.scalar(text("show server_version")))
        release()
        engine.dispose()
        _say("reminders")
        reminded = reminders.measured(own, imports.IMPORTED, size, now)
        _say("paper")
        printed = papers.measured(own, size, now)
        _say("webhooks")
        stored = webhooks.measured(own, size)
        _say("payments")
        booked = posting.measured(own, size, now)
        _say("instalments")
        charged = charging.measured(own, size, datetime.now(UTC))  # Pay pages end soon after it.
        _say("cold start")
        figures = [*shown, printed, imported, *reminded, *stored, booked, charged, starting.measured(own.home, size)]
    run = report.Run(now.date(), size, figures, version)
    report.PAGE.write_text(run.page(), encoding="utf-8")
    print(run.table())
    _say(f"written to {report.PAGE.relative_to(report.PROJECT)}")


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


main()
