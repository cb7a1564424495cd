"""A case for somebody who called: the same as the customer would open, with the words that they said."""

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, redirect, request
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from backoffice import backoffice, requires
from backoffice.customers import customer_or_404
from backoffice.disputes import address_of, today_here
from frame.forms import AmountField, OurForm, data_options, form_page, options, up_to
from models import clock, customers, disputes, words
from models.customers import Customer
from models.disputes import LONGEST_TEXT, REASONS, REMEDIES, Disputable, Reason, Remedy
from models.errors import N_
from models.money import Money
from models.policies.permissions import Permission
from models.policies.suggesting import suggest
from models.transactions import transaction
from models.words import gettext

WRONG = "wrong-"
WHOLE = "whole"  # In place of a line's id, where the invoice came without lines.
SUGGEST = "suggest"  # The button that only asks for a suggestion.


class OpenForm(OurForm):
    """One amount for each line that may be disputed."""

    contact = SelectField(N_("Who said it"), [Optional()], choices=[])
    text = TextAreaField(N_("What they said"), [InputRequired(N_("Write something first.")), Length(max=LONGEST_TEXT)])
    reason = RadioField(
        N_("What is wrong"),
        [InputRequired(N_("Choose what is wrong."))],
        choices=options((one.value, label) for one, label in REASONS.items()),
    )
    wanted = RadioField(
        N_("What would put it right"),
        [InputRequired(N_("Choose what would put it right."))],
        choices=options((one.value, label) for one, label in REMEDIES.items()),
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [one for one in customers.contacts_of(customer.id) if one.active]
        named = [(str(one.id), " · ".join(filter(None, (one.name, one.email)))) for one in people]
        self.contact.choices = [*data_options(named), *options([("", words.gettext("Nobody who is written to"))])]

    def wrong(self, currency: str) -> Mapping[int | None, Money]:
        typed = {name.removeprefix(WRONG): field for name, field in self._fields.items() if name.startswith(WRONG)}
        amounts = {key: field.money(currency) for key, field in typed.items() if field.data}
        return {None if key == WHOLE else int(key): amount for key, amount in amounts.items() if amount}


@backoffice.route("/customers/<int:customer_id>/entries/<int:entry_id>/dispute", methods=["GET", "POST"])
@requires(Permission.WORK_DISPUTES)
def open_dispute(customer_id: int, entry_id: int) -> Response | tuple[str, int]:
    """The case; or, for the button that asks and while somebody types, the form with a suggestion and nothing else."""
    customer = customer_or_404(customer_id)
    item = disputes.disputable(customer.id, entry_id) or abort(404)
    form = _form_for(item)(request.form, customer=customer)
    if request.method == "POST" and SUGGEST not in request.form and form.validate():
        wrong = form.wrong(item.left.currency)
        with form.telling_refusals(), transaction():
            opened = disputes.open_case(
                customer,
                customers.contact_of(customer.id, int(form.contact.data or 0)),
                entry_id,
                wrong,
                reason=Reason(form.reason.data),
                wanted=Remedy(form.wanted.data),
                text=form.text.data,
                by=current_user.actor,
                on=today_here(),
                now=clock.now(),
            )
        if not form.errors:
            flash(gettext("The case is open. Nothing that it is about is asked for."), "ok")
            return redirect(address_of(opened), 303)
    told = {"customer": customer, "item": item, "field_of": _field_of}
    return form_page("backoffice/dispute_open.html", form, suggestion=suggest(form.text.data or ""), **told)


def _form_for(item: Disputable) -> type[OpenForm]:
    fields = {_field_of(line.line_id): AmountField(validators=[Optional(), up_to(line.left)]) for line in item.lines}
    made: type[OpenForm] = type("OpenForm", (OpenForm,), fields)
    return made


def _field_of(line_id: int | None) -> str:
    return f"{WRONG}{line_id or WHOLE}"
