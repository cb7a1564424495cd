"""`flask upgrade`, `work`, `sweep`, `clock`: the house itself."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from commandline import stripe_gateway

if TYPE_CHECKING:
    from models.gateways.mail_port import MailPort
    from runtime.settings import Settings

FARTHEST = timedelta(days=3653)


@click.command()
@with_appcontext
def upgrade() -> None:
    """Bring the database to the newest schema, and a new one to the standard reminders."""
    from commandline.connection import connected
    from models import clock as time
    from models import schema
    from models.dunning import standard
    from models.transactions import transaction

    with connected(keep_clock=False) as engine:
        schema.upgrade(engine)
        with transaction():
            standard.ensure(now=time.real_now())
    click.echo(schema.head())


@click.command()
@with_appcontext
def work() -> None:
    """Do queued and periodic work until told to stop."""
    from commandline.connection import connected, settings
    from models import work as models_work
    from models.gateways.mail import sender_of
    from models.messages.sending import LocalOutbox

    with connected() as engine:
        models_work.run(
            engine.url,
            gateway=stripe_gateway(settings()),
            sender=sender_of(settings().smtp_url, settings().mail_from, settings().bounce_address)
            or (None if settings().production else LocalOutbox()),
            seals=settings().home / "seals",
            production=settings().production,
            mail_port=_mail_port(settings()),
            address=settings().url,
        )


def _mail_port(own: "Settings") -> "MailPort | None":
    from models.gateways.mail_port import MailPort

    if own.bounce_port is None or own.bounce_address is None:
        return None
    return MailPort(own.bounce_host, own.bounce_port, own.bounce_address)


@click.command()
@with_appcontext
def sweep() -> None:
    """Ask Stripe about every payment that is not finished."""
    from commandline.connection import connected, settings
    from models import clock as time
    from models import payments

    gateway = stripe_gateway(settings())
    if gateway is None:
        raise click.ClickException("No Stripe key is set: there is nobody to ask.")
    with connected():
        click.echo(payments.sweep(gateway=gateway, now=time.now, most=10_000))


@click.command(context_settings={"ignore_unknown_options": True})  # -2h is no option.
@click.argument("by", required=False)
@with_appcontext
def clock(by: str | None) -> None:
    """Move the shared clock by +3d, -2h …, or back with 0; without BY, show it. Never in production."""
    from commandline.connection import connected, settings
    from models import clock as time
    from models import company
    from models.transactions import transaction

    if settings().production and by is not None:
        raise click.ClickException("The clock cannot be moved in production.")
    with connected():
        if by is not None:
            moved = None if by == "0" else _duration(by)
            if moved and abs(time.now() - time.real_now() + moved) > FARTHEST:
                raise click.BadParameter("the clock moves ten years at most")
            with transaction():
                company.move_clock(moved)
            company.keep_clock(production=False)
            _move_stand_in(settings(), time.now() - time.real_now())
        click.echo(time.now().isoformat(timespec="seconds"))


def _move_stand_in(own: "Settings", offset: timedelta) -> None:
    """Stripe's stand-in lives in the same time, or it would refuse a pay page as one that ends in its past."""
    if own.stripe_api_base is None:
        return
    from standin import orders

    try:
        orders.give(own.stripe_api_base, own.stripe_key, clock_offset_seconds=round(offset.total_seconds()))
    except (OSError, ValueError):
        click.echo("Stripe's stand-in does not answer and keeps its own time. Move the clock while it runs.", err=True)


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"([+-]?\d{1,7})([dhm])", text)
    if not match:
        raise click.BadParameter("write +3d, -2h, +30m or 0")
    unit = {"d": "days", "h": "hours", "m": "minutes"}[match[2]]
    return timedelta(**{unit: int(match[1])})


COMMANDS = (upgrade, work, sweep, clock)
