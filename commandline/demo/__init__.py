"""`flask demo`: an invented company with two years of customers, invoices and payments."""

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

if TYPE_CHECKING:
    from runtime.settings import Settings


@click.command()
@click.option("--customers", "count", default=60, show_default=True, help="How many customers.")
@click.option("--seed", default=1, show_default=True, help="Names and amounts follow from it.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day that everything leads up to; default: today.")
@click.option("--if-empty", is_flag=True, help="Do nothing where there are customers already.")
@click.option("--where", is_flag=True, help="Only print where to click.")
@with_appcontext
def demo(count: int, seed: int, as_of: datetime | None, if_empty: bool, where: bool) -> None:
    """Fill an empty installation with a demonstration company. Never in production."""
    from commandline.connection import connected, settings
    from commandline.demo.building import build, is_empty
    from commandline.demo.showing import where_to_click
    from models import clock, company

    if settings().production:
        raise click.ClickException("The demonstration company is refused in production.")
    with connected():
        if not where:
            if not is_empty():
                if if_empty:
                    return
                raise click.ClickException(
                    "There are customers already: the demonstration needs an empty installation."
                )
            today = as_of.date() if as_of else company.get().today(clock.now())
            kept = build(count, seed=seed, today=today, home=settings().home, address=settings().url)
            _tell_stand_in(settings(), kept)
        for line in where_to_click(settings().url):
            click.echo(line)


def _tell_stand_in(own: "Settings", kept: list[dict[str, str]]) -> None:
    """Cards of the past are charged on: where Stripe's stand-in runs, it knows them as Stripe would."""
    from standin import orders

    if own.stripe_api_base is not None:
        with suppress(OSError, ValueError):  # Nobody is there, or somebody else.
            orders.give(own.stripe_api_base, own.stripe_key, keep=kept)
