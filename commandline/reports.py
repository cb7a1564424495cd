"""`flask report NAME`: the figures of the pages, for a terminal, a spreadsheet or a program."""

from datetime import datetime, timedelta
from functools import partial

import click
from flask.cli import with_appcontext

DAYS = 90
BY = ("cause", "process", "department", "product", "supplier", "site", "reason")
TABLES = ("standing", "kept", "expected", "requests", "versions", "plans")
_day = click.DateTime(["%Y-%m-%d"])


@click.group()
def report() -> None:
    """The figures of the pages."""


@report.command()
@click.option("--as-of", type=_day, help="Last business day; default: today.")
@click.option("--from", "since", type=_day, help=f"First business day; default: {DAYS} days in all.")
@click.option("--by", type=click.Choice(BY), default="cause", show_default=True)
@click.option("--measure", type=click.Choice(["cases", "held", "credited"]), default="cases", show_default=True)
@click.option("--currency", help="Of the measure, where it is money; default: the company's.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json", "xlsx"]), default="table")
@with_appcontext
def complaints(
    as_of: datetime | None, since: datetime | None, by: str, measure: str, currency: str | None, form: str
) -> None:
    """Complaints by what they come from: one row for each group and currency."""
    from commandline.connection import connected
    from models import clock, company
    from models.complaints import Asked, By, Measure
    from models.reports import complaints as business
    from models.reports import tables

    with connected():
        creditor = company.get()
        until = as_of.date() if as_of else creditor.today(clock.now())
        asked = Asked(since.date() if since else until - timedelta(days=DAYS - 1), until)
        _, table = business.by_group(asked, By(by), Measure(measure), currency or creditor.currency)
    if form == "xlsx":
        click.get_binary_stream("stdout").write(tables.as_workbook(table))
    else:
        written = {"table": tables.as_text, "csv": tables.as_csv, "json": tables.as_json}[form](table)
        click.echo(written, nl=form != "csv")


@report.command()
@click.option("--as-of", type=_day, help="Business day from which days are counted; default: today.")
@click.option("--currency", help="Default: the company's.")
@click.option("--table", "name", type=click.Choice(TABLES), help="One of them; default: all but the plans themselves.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json", "xlsx"]), default="table")
@with_appcontext
def plans(as_of: datetime | None, currency: str | None, name: str | None, form: str) -> None:
    """Instalment plans: where they stand, how many are kept, the cash they bring, requests, versions of the rules."""
    from commandline.connection import connected
    from models import clock, company
    from models.money import EXPONENTS
    from models.plans.figures import figures
    from models.reports import plans as business
    from models.reports import tables

    if form == "csv" and name is None:
        raise click.UsageError("A CSV file holds one table: choose it by --table.")
    if currency is not None and currency not in EXPONENTS:
        raise click.UsageError(f"{currency} is not a currency we work with.")
    with connected():
        creditor = company.get()
        on = as_of.date() if as_of else creditor.today(clock.now())
        found = business.tables(figures(currency or creditor.currency, on))
    if form == "xlsx":
        click.get_binary_stream("stdout").write(tables.as_workbook(*business.chosen(found, name)))
    elif name is None:
        written = {"table": tables.all_as_text, "json": partial(tables.all_as_json, "plans")}[form]
        click.echo(written(business.chosen(found, name)))
    else:
        click.echo(
            {"table": tables.as_text, "csv": tables.as_csv, "json": tables.as_json}[form](found[name]), nl=form != "csv"
        )
