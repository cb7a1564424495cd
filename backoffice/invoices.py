"""Documents by hand: an invoice with its lines."""

from flask import flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import FieldList, FormField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from backoffice import backoffice, requires
from backoffice.customers import found_or_404, usual_currency
from frame.forms import AmountField, DayField, OurForm, options
from models import clock, desk, invoices, words
from models.desk import Line
from models.errors import N_
from models.money import EXPONENTS
from models.policies.permissions import Permission
from models.transactions import transaction

LINES = 8  # Rows on the page without JavaScript; empty ones are left out.


class LineForm(OurForm):
    description = StringField(N_("Description"), validators=[Length(max=300)])
    quantity = AmountField(N_("Quantity"))
    price = AmountField(N_("Price for one, without tax"))
    tax_rate = AmountField(N_("Tax in per cent"))


class InvoiceForm(OurForm):
    number = StringField(N_("Invoice number"), validators=[InputRequired(), Length(max=60)])
    currency = SelectField(N_("Currency"), choices=options((code, code) for code in sorted(EXPONENTS)))
    issued_on = DayField(N_("Date of issue"), validators=[InputRequired()])
    due_on = DayField(N_("Due date"), validators=[Optional()])
    reference = StringField(N_("Reference"), validators=[Length(max=140)])
    lines = FieldList(FormField(LineForm), min_entries=LINES)

    def typed_lines(self) -> list[Line]:
        """The rows that have a description and a price; a quantity left out is one, a tax left out none."""
        return [
            Line(row.description.data.strip(), row.quantity.data or 1, row.price.data, row.tax_rate.data or 0)
            for row in (field.form for field in self.lines)
            if row.description.data and row.price.data is not None
        ]


@backoffice.route("/customers/<int:customer_id>/invoices/new", methods=["GET", "POST"])
@requires(Permission.INVOICE)
def write_invoice(customer_id: int) -> Response | str | tuple[str, int]:
    customer = found_or_404(customer_id)
    today = g.company.today(clock.now())
    form = InvoiceForm(request.form, data={"currency": usual_currency(customer), "issued_on": today})
    if request.method == "POST" and form.validate() and _has_lines(form):
        with transaction():
            invoice = desk.write_invoice(
                customer,
                number=form.number.data,
                currency=form.currency.data,
                lines=form.typed_lines(),
                issued_on=form.issued_on.data,
                due_on=form.due_on.data or invoices.due_by_terms(form.issued_on.data, customer.terms),
                reference=form.reference.data.strip(),
                by=current_user.actor,
                now=clock.now(),
            )
        flash(words.gettext("Invoice %(number)s is written.", number=invoice.number_as_written), "ok")
        return redirect(url_for("backoffice.account", customer_id=customer.id), 303)
    shown = render_template("backoffice/invoice_form.html", form=form, customer=customer)
    return (shown, 422) if form.errors else shown


def _has_lines(form: InvoiceForm) -> bool:
    if not form.typed_lines():
        form.number.errors = [words.gettext("Write at least one line with a description and a price.")]
    return not form.number.errors
