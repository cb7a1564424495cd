"""`flask staff`: the first administrator, and a way back in when nobody else can give one."""

import click
from flask import Flask
from flask.cli import AppGroup

staff = AppGroup("staff", help="Who works here.")


def install(app: Flask) -> None:
    app.cli.add_command(staff)


@staff.command()
@click.argument("email")
@click.option("--role", required=True, help="collector, clerk, finance, counsel, manager or admin.")
@click.option("--name", default="", help="Shown until they choose their own.")
def add(email: str, role: str, name: str) -> None:
    """Put EMAIL on the staff, mail a sign-up link and print it."""
    from email_validator import EmailNotValidError, validate_email

    from commandline.connection import connected
    from models import audit, clock
    from models import staff as people
    from models.policies.permissions import Role
    from models.transactions import transaction

    if role not in list(Role):
        raise click.BadParameter(f"There are the roles {', '.join(Role)}.", param_hint="--role")
    try:
        validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise click.BadParameter(str(error), param_hint="EMAIL") from error
    now = clock.real_now()
    with connected(), transaction():
        if people.by_email(email) is not None:
            raise click.ClickException(f"{email} is on the staff already. For a new link: flask staff invite {email}")
        member = people.add(email=email, name=name, role=Role(role), by=audit.COMMAND, now=now)
        link = people.invite(member, address=_address, by=audit.COMMAND, now=now)
    click.echo(link)


@staff.command()
@click.argument("email")
def invite(email: str) -> None:
    """Mail a new sign-up link to EMAIL and print it; the old password, app and sign-ins stop working."""
    from commandline.connection import connected
    from models import audit, clock
    from models import staff as people
    from models.transactions import transaction

    with connected(), transaction():
        member = people.by_email(email)
        if member is None:
            raise click.ClickException(f"Nobody on the staff has the address {email}.")
        link = people.invite(member, address=_address, by=audit.COMMAND, now=clock.real_now())
    click.echo(link)


def _address(token: str) -> str:
    from commandline.connection import settings

    return f"{settings().url}/staff/invited/{token}"
