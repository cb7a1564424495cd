"""`flask report NAME`: the figures of the pages, for a terminal, a spreadsheet or a program."""

from datetime import datetime, timedelta

import click
from flask.cli import with_appcontext

DAYS = 90
BY = ("cause", "process", "department", "product", "supplier", "site", "reason")
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
