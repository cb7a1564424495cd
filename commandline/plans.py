"""`flask charge`: instalments that are due, and invoices that are paid automatically."""

import json
from datetime import datetime

import click
from flask.cli import with_appcontext

from commandline import stripe_gateway


@click.command()
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Business date; default: today.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@with_appcontext
def charge(as_of: datetime | None, form: str) -> None:
    """
    Bring plans and autopay to a day, and charge what is due on it: each instalment and each invoice once, however
    often this runs. In production no day can be told that is still to come.
    """
    from commandline.connection import connected, settings
    from models import autopay, clock, company, plans

    gateway = stripe_gateway(settings())
    if gateway is None:
        raise click.ClickException("No Stripe key is set: there is nobody to charge by.")
    with connected():
        today = company.get().today(clock.now())
        day = as_of.date() if as_of else today
        if settings().production and day > today:
            raise click.ClickException("In production nothing is charged for a day that has not come.")
        looked_at = plans.tend(day, now=clock.now())
        plans.warn_of_cards(day, now=clock.now())
        charged = plans.charge(day, gateway=gateway, now=clock.now)
        autopay.settle(now=clock.now())
        autopay.announce(day, now=clock.now())
        autopay.warn_of_cards(day, now=clock.now())
        invoices = autopay.charge(day, gateway=gateway, now=clock.now)
    if form == "json":
        told = {"as_of": day.isoformat(), "plans": looked_at, "charged": charged, "autopay": invoices}
        click.echo(json.dumps(told))
    else:
        click.echo(f"{charged} instalments and {invoices} invoices charged on {day}; {looked_at} plans looked at.")
