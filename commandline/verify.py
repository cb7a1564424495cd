"""`flask verify`: what must be true in the records, proved; every broken row is named."""

import json
import sys
from dataclasses import asdict

import click
from flask.cli import with_appcontext


@click.command()
@click.option("--customer", help="Only this customer (its number).")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@with_appcontext
def verify(customer: str | None, form: str) -> None:
    """Prove ledger, audit trail, holds and money; exit 1 where something is broken."""
    from commandline.connection import connected, settings
    from models import clock, customers
    from models.audit import SEAL_FILE
    from models.reports.verify import MEANING
    from models.reports.verify import verify as prove

    seal_file = settings().home / "seals" / SEAL_FILE
    with connected():
        found = customers.by_number(customer) if customer is not None else None
        if customer is not None and found is None:
            raise click.ClickException(f"There is no customer {customer}.")
        proof = prove(found.id if found else None, now=clock.now(), seal_file=seal_file if seal_file.exists() else None)
    if form == "json":
        broken = [asdict(row) for row in proof.broken]
        click.echo(json.dumps({"ok": proof.ok, "checked": proof.checked, "broken": broken}, ensure_ascii=False))
    else:
        for invariant, checked in proof.checked.items():
            count = sum(row.invariant == invariant for row in proof.broken)
            verdict = f"{count} BROKEN" if count else "holds"
            click.echo(f"{invariant:<4}{checked:>12,}  {verdict:<12}{MEANING[invariant]}")
        for row in proof.broken:
            click.echo(f"{row.invariant} {row.table} {row.id}: expected {row.expected}, found {row.found}")
    if not proof.ok:
        sys.exit(1)
