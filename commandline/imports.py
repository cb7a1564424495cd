"""`flask import`: files of other systems into the books, again and again without harm."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

if TYPE_CHECKING:
    from models.imports import Summary


@click.command("import")
@click.argument("kind", type=click.Choice(["customers", "invoices", "payments"]))
@click.argument("files", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path))
@click.option("--mapping", help="Which mapping tells what the columns are; default: chosen by the file's name.")
@click.option("--dry-run", is_flag=True, help="Read and compare everything, book nothing.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@with_appcontext
def import_(kind: str, files: tuple[Path, ...], mapping: str | None, dry_run: bool, form: str) -> None:
    """Import FILES (CSV or XLSX) of one kind. The same file twice changes nothing."""
    from commandline.connection import connected, settings
    from models import audit, clock, imports, words
    from models.errors import Refused

    with connected():
        try:
            summary = imports.run(
                imports.Kind(kind),
                files,
                home=settings().home,
                by=audit.COMMAND,
                now=clock.now(),
                mapping=mapping,
                dry_run=dry_run,
                progress=_draw,
            )
        except Refused as refused:
            raise click.ClickException(words.explain(refused)) from refused
        finally:
            _rub_out()
        _say_seen_before(summary)
    click.echo(json.dumps(summary.as_json(), ensure_ascii=False) if form == "json" else _text(summary, dry_run))


def _draw(file: str, rows: int, share: float) -> None:
    """A bar, where a person is looking."""
    if sys.stderr.isatty():
        full = round(share * 30)
        sys.stderr.write(f"\r\x1b[K{file}  {'█' * full}{'░' * (30 - full)}  {share:4.0%}  {rows:,} rows")
        sys.stderr.flush()


def _rub_out() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")


def _say_seen_before(summary: "Summary") -> None:
    from models import company
    from models.imports import earlier_run_of

    for file in summary.files:
        earlier = earlier_run_of(file["sha256"], before=summary.run_id) if summary.run_id else None
        if earlier:
            when = company.get().today(earlier.started_at).isoformat()
            click.echo(f"{file['file']} was imported before, on {when} by {earlier.actor_name}.", err=True)


def _text(summary: "Summary", dry_run: bool) -> str:
    signs = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar", None: "none"}
    lines = [
        f"{file['file']}: mapping {file['mapping']}, encoding {file['encoding']},"
        f" delimiter {signs.get(file['delimiter'], file['delimiter'])}, {file['rows']:,} rows"
        for file in summary.files
    ]
    if dry_run:
        lines.append("Dry run: nothing was booked.")
    lines.append(
        f"new {summary.new:,}  changed {summary.changed:,}  unchanged {summary.unchanged:,}"
        f"  rejected {summary.rejected:,}  rounded {summary.rounded:,}"
    )
    lines += [f"{currency} {amount} new" for currency, amount in summary.plain_sums().items()]
    if summary.flagged:
        lines.append(f"{summary.flagged:,} are due before they were issued: accepted and flagged")
    if summary.rejected_file:
        lines.append(f"rejected rows: {summary.rejected_file}")
    return "\n".join(lines)
