"""`flask link`: a customer's way in, for a mail or a letter written elsewhere."""

import click
from flask.cli import with_appcontext


@click.command()
@click.argument("customer")
@click.option("--contact", "email", help="Whose link it is; added as a contact when new. Default: the first contact.")
@click.option("--paper", is_flag=True, help="To be printed in a letter: anybody who reads it can pay, and only pay.")
@with_appcontext
def link(customer: str, email: str | None, paper: bool) -> None:
    """Print a link for CUSTOMER (its number), with an address or without."""
    from commandline.connection import connected, settings
    from models import audit, clock, customers
    from models.customers import CustomerKind, contacts, links
    from models.transactions import transaction

    if email:
        _check(email)
    with connected(), transaction():
        found = customers.by_number(customer)
        if found is None or found.kind is CustomerKind.COMPANY:
            raise click.ClickException(f"There is no customer {customer}.")
        customers.lock_all(found.id)
        now = clock.real_now()
        contact = contacts.by_email(found.id, email) if email else None
        if contact is None and email:
            contact = customers.add_contact(found, email=email, by=audit.COMMAND, now=now)
        contact = contact or contacts.for_letters(found, by=audit.COMMAND, now=now)
        if not contact.active:
            raise click.ClickException(f"{email} is switched off at this customer: a link would open nothing.")
        token = links.make(found, contact, by=audit.COMMAND, now=now, paper=paper)
    click.echo(f"{settings().url}/l/{token}")


def _check(email: str) -> None:
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(email, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise click.BadParameter(str(error), param_hint="--contact") from error
