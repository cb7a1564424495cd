"""`flask remind` and `flask letters`: who is written to on a day, and what goes by post."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

if TYPE_CHECKING:
    from models.dunning.lines import ReminderRun

_form = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")


@click.command()
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Business date; default: today.")
@click.option("--dry-run", is_flag=True, help="Only say who would get what; nothing is written.")
@_form
@with_appcontext
def remind(as_of: datetime | None, dry_run: bool, form: str) -> None:
    """Decide who is reminded, and put what goes into the outbox."""
    from commandline.connection import connected
    from models import audit, clock, company
    from models.dunning import runs
    from models.transactions import transaction

    with connected():
        day = as_of.date() if as_of else company.get().today(clock.now())
        if dry_run:
            _print_dry(day, form)
            return
        with transaction():
            run = runs.start(day, by=audit.COMMAND, now=clock.now())
        if run.refused:
            raise click.ClickException(_too_old(run.bank_money_until))
        _tell_if_old(run)
        click.echo(f"Run {run.id}: {run.customers} customers to look at.", err=True)
        runs.work_off(run.id, now=clock.now)
        with transaction():
            _print(_result(runs.find(run.id) or run), form)


def _tell_if_old(run: "ReminderRun") -> None:
    from models import company
    from models.dunning import runs

    if runs.bank_money_is_getting_old(company.get(), run.as_of):
        click.echo(f"Bank money is in up to {run.bank_money_until} only.", err=True)


def _too_old(until: date | None) -> str:
    return f"Bank money is in up to {until} only: who has paid since would be reminded. Record the bank's day first."


def _print_dry(day: date, form: str) -> None:
    """Each customer as soon as it is decided about, then the sums."""
    from models import clock, company
    from models.dunning import runs

    if runs.bank_money_too_old(company.get(), day):
        raise click.ClickException(_too_old(company.get().bank_money_until))
    dry = runs.dry(day, now=clock.now())
    if form == "json":
        click.echo(f'{{"as_of": "{day}", "customers": {dry.customers}, "who": [', nl=False)
    for place, row in enumerate(dry.who):
        if form == "json":
            click.echo((", " if place else "") + json.dumps(row, ensure_ascii=False), nl=False)
        else:
            click.echo(f"{row['customer']}  {row['channel']}  {row['step']}  {', '.join(row['totals'])}")
    sums = {**dry.counts, "rules": dict(dry.rules.most_common())}
    if form == "json":
        click.echo("], " + json.dumps(sums, ensure_ascii=False).removeprefix("{"))
    else:
        _print({"as_of": day.isoformat(), "customers": dry.customers, **sums}, form)


def _result(run: "ReminderRun") -> dict[str, Any]:
    from models.dunning import runs

    done = runs.progress(run.id)
    return {
        "run": run.id,
        "as_of": run.as_of.isoformat(),
        "customers": run.customers,
        **{name: done.kept.get(name, 0) for name in ("email", "letter", "tasks", "lines")},
        "rules": dict(done.rules),
    }


def _print(result: dict[str, Any], form: str) -> None:
    if form == "json":
        click.echo(json.dumps(result, ensure_ascii=False))
        return
    for name, value in result.items():
        if name != "rules":
            click.echo(f"{name:<12}{value}")
    for rule, count in result["rules"].items():
        click.echo(f"  {rule:<28}{count:>8}")


@click.command()
@click.argument("run_id", metavar="RUN", type=int)
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@with_appcontext
def letters(run_id: int, folder: Path) -> None:
    """Write the letters of RUN into DIR, with a list; they count as sent from then on."""
    from commandline.connection import connected, settings
    from models import accounts, audit, clock
    from models.dunning import runs

    with connected():
        if runs.find(run_id) is None:
            raise click.ClickException(f"There is no run {run_id}.")
        done = accounts.write_letters(run_id, folder, settings().url, by=audit.COMMAND, now=clock.now)
    if done.skipped:
        click.echo(f"{done.skipped} kept out: something speaks against them by now.", err=True)
    click.echo(done.letters)
