"""The third door: `flask …`, one file per noun. Results go to stdout, words to people to stderr."""

from typing import TYPE_CHECKING

from flask import Flask

from runtime.settings import Settings

if TYPE_CHECKING:
    from models.gateways.stripe import StripeGateway


def install(app: Flask) -> None:
    """Register every command; what a command needs is imported when it runs, so that `flask --help` is quick."""
    from commandline import (
        demo,
        doctor,
        house,
        imports,
        links,
        plans,
        reminders,
        reports,
        staff,
        statement,
        translations,
        verify,
    )

    for command in (
        *house.COMMANDS,
        *(
            demo.demo,
            doctor.doctor,
            imports.import_,
            links.link,
            plans.charge,
            reminders.letters,
            reminders.remind,
            reports.report,
            staff.staff,
            statement.statement,
            translations.translations,
            verify.verify,
        ),
    ):
        app.cli.add_command(command)


def stripe_gateway(settings: Settings) -> "StripeGateway | None":
    """Stripe, or outside production its stand-in; None where neither is told."""
    if not settings.stripe_key:
        return None
    from models.gateways.stripe import StripeGateway

    return StripeGateway(settings.stripe_key, settings.stripe_webhook_secrets, settings.stripe_api_base)
