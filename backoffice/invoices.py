"""Documents by hand: an invoice with its lines."""

from decimal import Decimal
from typing import ClassVar

from flask import flash, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import FieldList, FormField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from backoffice import backoffice, requires
from backoffice.customers import customer_or_404, usual_currency
from backoffice.fields import countable, currency_field, quantity, tax_rate
from frame.forms import AmountField, DayField, OurForm, form_page
from models import clock, desk, invoices, words
from models.customers import Customer
from models.desk import DeskRefused, DueTooEarly, Line
from models.errors import N_
from models.invoices import DuplicateInvoice, Invoice
from models.ledger import BooksClosed
from models.policies.permissions import Permission
from models.transactions import transaction

LINES = 8  # Rows on the page without JavaScript; empty ones are left out.


class LineForm(OurForm):
    description = StringField(N_("Description"), validators=[Length(max=300)])
    product = StringField(N_("Product"), validators=[Length(max=120)])
    supplier = StringField(N_("Supplier"), validators=[Length(max=120)])
    site = StringField(N_("Site"), validators=[Length(max=120)])
    quantity = AmountField(N_("Quantity"), validators=[quantity])
    price = AmountField(N_("Price for one, without tax"), validators=[countable])
    tax_rate = AmountField(N_("Tax in per cent"), validators=[tax_rate])

    @property
    def is_empty(self) -> bool:
        return not any(field.raw_data and field.raw_data[0].strip() for field in self)

    def validate_description(self, field: StringField) -> None:
        if not field.data and not self.is_empty:
            raise ValidationError(words.gettext("Write what the line is for, or leave the whole line empty."))

    def validate_price(self, field: AmountField) -> None:
        if field.data is None and not field.process_errors and not self.is_empty:
            raise ValidationError(words.gettext("Write a price, or leave the whole line empty."))

    def line(self) -> Line:
        """A quantity that was left out is one, a tax left out is none."""
        one = Decimal(1) if self.quantity.data is None else self.quantity.data
        origin = {name: self[name].data or "" for name in ("product", "supplier", "site")}
        return Line(self.description.data, one, self.price.data, self.tax_rate.data or 0, **origin)


class InvoiceForm(OurForm):
    number = StringField(N_("Invoice number"), validators=[DataRequired(), Length(max=60)])
    currency = currency_field()
    issued_on = DayField(N_("Date of issue"), validators=[InputRequired()])
    due_on = DayField(N_("Due date"), validators=[Optional()])
    reference = StringField(N_("Reference"), validators=[Length(max=140)])
    lines = FieldList(FormField(LineForm), min_entries=LINES, max_entries=LINES)
    refusals: ClassVar = {
        **{DuplicateInvoice: "number", BooksClosed: "issued_on", DueTooEarly: "due_on"},
        DeskRefused: "lines",
    }

    def validate_lines(self, field: FieldList) -> None:
        if all(row.form.is_empty for row in field):
            raise ValidationError(words.gettext("Write at least one line with a description and a price."))

    def typed_lines(self) -> list[Line]:
        return [row.form.line() for row in self.lines if not row.form.is_empty]


@backoffice.route("/customers/<int:customer_id>/invoices/new", methods=["GET", "POST"])
@requires(Permission.INVOICE)
def write_invoice(customer_id: int) -> Response | tuple[str, int]:
    customer = customer_or_404(customer_id)
    today = g.company.today(clock.now())
    form = InvoiceForm(request.form, data={"currency": usual_currency(customer), "issued_on": today})
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            invoice = _write(customer, form)
        if not form.errors:
            flash(words.gettext("Invoice %(number)s is written.", number=invoice.number_as_written), "ok")
            return redirect(url_for("backoffice.account", customer_id=customer.id), 303)
    return form_page("backoffice/invoice_form.html", form, customer=customer)


def _write(customer: Customer, form: InvoiceForm) -> Invoice:
    return desk.write_invoice(
        customer,
        number=form.number.data,
        currency=form.currency.data,
        lines=form.typed_lines(),
        issued_on=form.issued_on.data,
        due_on=form.due_on.data or invoices.due_by_terms(form.issued_on.data, customer.terms),
        reference=form.reference.data,
        by=current_user.actor,
        now=clock.now(),
    )
