"""`flask link`: a customer's way in, for a mail or a letter written elsewhere."""

import click


@click.command()
@click.argument("customer")
@click.option("--contact", "email", help="Whose link it is; added as a contact when new. Default: the first contact.")
def link(customer: str, email: str | None) -> None:
    """Print a link for CUSTOMER (its number)."""
    from commandline.connection import connected, settings
    from models import audit, clock, customers
    from models.customers import contacts, links
    from models.transactions import transaction

    with connected(), transaction():
        found = customers.by_number(customer)
        if found is None:
            raise click.ClickException(f"There is no customer {customer}.")
        customers.lock_all(found.id)
        now = clock.real_now()
        contact = contacts.by_email(found.id, email) if email else customers.first_contact(found.id)
        if contact is None:
            contact = customers.add_contact(found, email=email, by=audit.COMMAND, now=now)
        token = links.make(found, contact, by=audit.COMMAND, now=now)
    click.echo(f"{settings().url}/l/{token}")
