"""Two accounts of one customer, read as one; undone by one click."""

from typing import ClassVar

from flask import abort, flash, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from backoffice import backoffice, requires
from backoffice.customers import customer_or_404
from frame.forms import DayField, OurForm, form_page
from models import clock, customers, words
from models.customers import merges
from models.customers.merges import CannotMerge
from models.errors import N_
from models.policies.permissions import Permission
from models.transactions import transaction


class MergeForm(OurForm):
    number = StringField(N_("Number of the account it becomes part of"), validators=[DataRequired(), Length(max=60)])
    effective_on = DayField(N_("From"), validators=[InputRequired()])
    refusals: ClassVar = {CannotMerge: "number"}

    def validate_number(self, field: StringField) -> None:
        if customers.by_number(field.data) is None:
            raise ValidationError(words.gettext("There is no customer with this number."))


@backoffice.route("/customers/<int:customer_id>/merge", methods=["GET", "POST"])
@requires(Permission.CHANGE_CUSTOMERS)
def merge_customer(customer_id: int) -> Response | tuple[str, int]:
    customer = customer_or_404(customer_id)
    form = MergeForm(request.form, data={"effective_on": g.company.today(clock.now())})
    if request.method == "POST" and form.validate():
        into = customers.by_number(form.number.data) or abort(404)
        with form.telling_refusals(), transaction():
            merges.merge(customer, into, effective_on=form.effective_on.data, by=current_user.actor, now=clock.now())
        if not form.errors:
            flash(words.gettext("The accounts are read as one."), "ok")
            return redirect(url_for("backoffice.account", customer_id=into.id), 303)
    return form_page("backoffice/merge.html", form, customer=customer, joined=merges.joined(customer.id))


@backoffice.post("/customers/<int:customer_id>/merge/undo")
@requires(Permission.CHANGE_CUSTOMERS)
def undo_merge(customer_id: int) -> Response:
    row = merges.living_merge(customer_id) or abort(404)
    with transaction():
        merges.undo(row, by=current_user.actor, now=clock.now())
    flash(words.gettext("The accounts are apart again."), "ok")
    return redirect(url_for("backoffice.account", customer_id=customer_id), 303)
