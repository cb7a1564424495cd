"""`flask statement`: the statement of a customer on any day, as people, spreadsheets and programs read it."""

import json
from datetime import datetime

import click
from flask.cli import with_appcontext


@click.command()
@click.argument("customer")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Business date; default: today.")
@click.option("--format", "form", type=click.Choice(["pdf", "csv", "json"]), default="json")
@with_appcontext
def statement(customer: str, as_of: datetime | None, form: str) -> None:
    """Print the statement of CUSTOMER (its number)."""
    from commandline.connection import connected
    from models import accounts, clock, company, customers
    from models.money import Money

    with connected():
        found = customers.by_number(customer)
        if found is None:
            raise click.ClickException(f"There is no customer {customer}.")
        creditor = company.get()
        day = as_of.date() if as_of else creditor.today(clock.now())
        if form == "pdf":
            language = found.language or creditor.language
            click.echo(accounts.statement_pdf(found, day, creditor, now=clock.now(), language=language), nl=False)
        elif form == "csv":
            click.echo(accounts.statement_csv(found, day), nl=False)
        else:
            per_currency = [accounts.statement_json(one, found) for one in accounts.statements(found.id, day)]
            empty = {
                **{"customer": found.number, "as_of": day.isoformat(), "currency": creditor.currency},
                **{"rows": [], "total": Money(0, creditor.currency).plain()},
            }
            click.echo(
                json.dumps(per_currency if len(per_currency) > 1 else (per_currency or [empty])[0], ensure_ascii=False)
            )
