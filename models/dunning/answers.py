"""Approved answers to what customers say is wrong: by reason and language, with the case's own names put in."""

from collections.abc import Sequence
from dataclasses import dataclass

from models import company
from models.customers import Contact, Customer
from models.disputes import Dispute
from models.dunning import templates
from models.dunning.placeholders import NAME, Text
from models.dunning.templates import Template
from models.policies.sequences import Purpose


@dataclass(frozen=True, slots=True)
class Approved:
    """`title` tells staff which it is; `text` is what the customer would read."""

    template_id: int
    title: str
    text: str


def answers_for(dispute: Dispute, customer: Customer, contact: Contact | None, number: str) -> Sequence[Approved]:
    """
    In the language of the case; those for what is wrong in it before those for anything.

    :param number: of the invoice.
    """
    live = templates.live()
    fitting = [one for one in templates.every() if one.id in live and _fits(one, dispute)]
    places = _places(dispute, customer, contact, number)
    return [
        Approved(one.id, text.subject, _filled(text, places))
        for one in sorted(fitting, key=lambda one: (one.about == "", one.id))
        if (text := live[one.id].texts.get(dispute.language))
    ]


def _fits(template: Template, dispute: Dispute) -> bool:
    return template.purpose == Purpose.OBJECTION and template.about in ("", dispute.reason.value)


def _places(dispute: Dispute, customer: Customer, contact: Contact | None, number: str) -> dict[str, str]:
    creditor = company.get()
    return {
        "person": (contact and contact.name) or customer.name,
        "customer": customer.name,
        "account": customer.number_as_written,
        "company": creditor.name,
        "invoice": number,
        "help_phone": creditor.help_phone,
    }


def _filled(text: Text, places: dict[str, str]) -> str:
    return NAME.sub(lambda found: places.get(found[1], found[0]), text.body)
