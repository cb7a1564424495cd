"""`flask doctor`: what is missing or unsafe, in plain sentences."""

import click
from flask.cli import with_appcontext

NOT_SET = {
    "metrics_token": "DUEWELL_METRICS_TOKEN is not set: /metrics is closed.",
    "scanner": "DUEWELL_SCANNER is not set: no virus scanner looks at the files that customers send.",
}


@click.command()
@with_appcontext
def doctor() -> None:
    """Look the installation over; exit 1 where something must be put right."""
    from commandline.connection import settings

    told = settings()
    wrong = [*_database(), *_company()]
    hints = []
    if told.production and not told.stripe_key:
        wrong.append("DUEWELL_STRIPE_KEY is missing: customers cannot pay online.")
    if told.stripe_key and not told.stripe_webhook_secrets:
        wrong.append("DUEWELL_STRIPE_WEBHOOK_SECRETS is missing: Stripe's events are refused.")
    if not told.smtp_url:
        (wrong if told.production else hints).append("DUEWELL_SMTP_URL is missing: mails stay in the outbox.")
    hints += _plans()
    hints += [hint for name, hint in NOT_SET.items() if not getattr(told, name)]
    for line in wrong:
        click.echo(f"wrong  {line}")
    for line in hints:
        click.echo(f"note   {line}")
    if not wrong:
        click.echo("ok     Nothing has to be put right.")
    raise SystemExit(1 if wrong else 0)


def _database() -> list[str]:
    from sqlalchemy.exc import SQLAlchemyError

    from commandline.connection import connected
    from models import database, schema

    try:
        with connected(keep_clock=False):
            if database.ready() != schema.head():
                return ["The database does not stand at the newest schema: run `flask upgrade`."]
    except SQLAlchemyError as error:
        return [f"The database does not answer or has no schema yet: run `flask upgrade`. ({type(error).__name__})"]
    return []


def _plans() -> list[str]:
    from sqlalchemy.exc import SQLAlchemyError

    from commandline.connection import connected
    from models import clock, company
    from models.plans import policies
    from models.policies.plans.charges import charges_anything, laws_read

    try:
        with connected():
            rules = [rule for rule in policies.in_force().rules if rule.kind != "business"]
            if not any(charges_anything(rule.terms) for rule in rules) or laws_read(company.get().today(clock.now())):
                return []
    except SQLAlchemyError:
        return []
    return [
        "A plan rule asks for fee or interest. Consumers pay neither: no law that allows it stands in"
        " models/policies/packs/plan_charges.toml."
    ]


def _company() -> list[str]:
    from sqlalchemy.exc import SQLAlchemyError

    from commandline.connection import connected, settings
    from models import company, staff
    from models.policies.permissions import Role

    try:
        with connected():
            row = company.get()
            found = []
            if settings().production and row.is_demo:
                found.append("This database holds the demonstration company: production needs one of its own.")
            if not (row.help_phone or row.help_email):
                found.append("The company has neither telephone nor mail address for customers who need help.")
            if staff.active_with_role(Role.ADMIN) is None:
                found.append("Nobody can sign in as administrator: run `flask staff add EMAIL --role admin`.")
            return found
    except SQLAlchemyError:
        return []
