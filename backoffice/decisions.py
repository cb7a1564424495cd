"""What may need a second person: a refund, a write-off, a credit note."""

from decimal import Decimal
from typing import ClassVar

from flask import abort, flash, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import HiddenField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from backoffice import backoffice, requires
from backoffice.customers import account_or_404, customer_or_404, usual_currency
from backoffice.fields import amount_field, countable, currency_field, quantity, reason_field, tax_rate
from backoffice.receipts import credit_or_404
from frame.forms import AmountField, DayField, OurForm, above_zero, form_page, one_form_key
from models import approvals, clock, desk, invoices, ledger, payments, words
from models.approvals import CreditLine, CreditNote, CreditRefused, Decision, Done, ReasonMissing, Refund, WriteOff
from models.desk import Line
from models.errors import N_
from models.invoices import DuplicateInvoice
from models.ledger import AllocationRefused, BooksClosed, Entry, EntryRefused, Side
from models.policies.permissions import Permission
from models.transactions import transaction


class AmountForm(OurForm):
    key = HiddenField()
    amount = amount_field()
    reason = reason_field()
    refusals: ClassVar = {AllocationRefused: "amount", EntryRefused: "amount", ReasonMissing: "reason"}


class CreditNoteForm(OurForm):
    key = HiddenField()
    number = StringField(N_("Number of the credit note"), validators=[DataRequired(), Length(max=60)])
    invoice = StringField(N_("Invoice it corrects"), validators=[Length(max=60)])
    currency = currency_field()
    issued_on = DayField(N_("Date of issue"), validators=[InputRequired()])
    description = StringField(N_("Description"), validators=[DataRequired(), Length(max=300)])
    quantity = AmountField(N_("Quantity"), validators=[quantity])
    price = AmountField(N_("Price for one, without tax"), validators=[InputRequired(), above_zero, countable])
    tax_rate = AmountField(N_("Tax in per cent"), validators=[tax_rate])
    reason = reason_field()
    refusals: ClassVar = {
        **{DuplicateInvoice: "number", BooksClosed: "issued_on", CreditRefused: "price", EntryRefused: "number"},
        ReasonMissing: "reason",
    }

    def line(self) -> Line:
        one = Decimal(1) if self.quantity.data is None else self.quantity.data
        return Line(self.description.data, one, self.price.data, self.tax_rate.data or 0)

    def validate_price(self, field: AmountField) -> None:
        readable = field.data is not None and not any(other.errors for other in (field, self.quantity, self.currency))
        if readable and not desk.sum_of([self.line()], self.currency.data):
            raise ValidationError(words.gettext("This comes to nothing."))


@backoffice.route("/customers/<int:customer_id>/entries/<int:entry_id>/refund", methods=["GET", "POST"])
@requires(Permission.REFUND)
def refund(customer_id: int, entry_id: int) -> Response | tuple[str, int]:
    return _decide(credit_or_404(customer_id, entry_id), Refund, words.gettext("Refund"))


@backoffice.route("/customers/<int:customer_id>/entries/<int:entry_id>/write-off", methods=["GET", "POST"])
@requires(Permission.WRITE_OFF)
def write_off(customer_id: int, entry_id: int) -> Response | tuple[str, int]:
    shown = ledger.shown_entry(customer_id, entry_id)
    if shown is None or shown.entry.side != Side.DEBIT:
        abort(404)
    return _decide(shown.entry, WriteOff, words.gettext("Write off"))


@backoffice.route("/customers/<int:customer_id>/credit-notes/new", methods=["GET", "POST"])
@requires(Permission.CREDIT)
def write_credit_note(customer_id: int) -> Response | tuple[str, int]:
    customer = customer_or_404(customer_id)
    given = {
        **{"currency": usual_currency(customer), "issued_on": g.company.today(clock.now())},
        **{"invoice": request.args.get("invoice"), "key": one_form_key()},
    }
    form = CreditNoteForm(request.form, data=given)
    if request.method == "POST" and form.validate() and _submitted(form, _credit_note(form, customer.id)):
        return redirect(url_for("backoffice.account", customer_id=customer.id), 303)
    limit = approvals.limit_of(approvals.Kind.CREDIT_NOTE)
    return form_page("backoffice/credit_note_form.html", form, customer=customer, limit=limit)


def _decide(entry: Entry, kind: type[Refund] | type[WriteOff], title: str) -> Response | tuple[str, int]:
    payment = payments.payment_of(entry) if kind is Refund else None
    left = payments.refundable(entry, payment) if payment else entry.left
    form = AmountForm(request.form, data={"amount": left.amount, "key": one_form_key()})
    if request.method == "POST" and form.validate() and _submitted(form, _decision(form, entry, kind)):
        return redirect(url_for("backoffice.entry", customer_id=entry.customer_id, entry_id=entry.id), 303)
    return form_page(
        "backoffice/decision_form.html",
        form,
        entry=entry,
        left=left,
        through_stripe=payment is not None,
        title=title,
        customer=account_or_404(entry.customer_id),
        limit=approvals.limit_of(approvals.Kind.REFUND if kind is Refund else approvals.Kind.WRITE_OFF),
    )


def _decision(form: AmountForm, entry: Entry, kind: type[Refund] | type[WriteOff]) -> Decision | None:
    amount = form.amount.money(entry.currency)
    return amount and kind(
        customer_id=entry.customer_id,
        entry_id=entry.id,
        amount=amount,
        reason=form.reason.data,
        effective_on=g.company.today(clock.now()),
        key=form.key.data or one_form_key(),
    )


def _submitted(form: OurForm, decision: Decision | None) -> bool:
    """Carry it out, or leave it to a second person, and say which; False where the form tells why not."""
    if decision is None:
        return False
    with form.telling_refusals(), transaction():
        outcome = approvals.submit(decision, by=current_user, now=clock.now())
    if form.errors:
        return False
    if isinstance(outcome, Done):
        done = words.gettext("Carried out.")
        flash(done if outcome.entry else words.gettext("The money is sent back through Stripe."), "ok")
    else:
        flash(words.gettext("A second person is asked. Nothing is booked until then."), "info")
    return True


def _credit_note(form: CreditNoteForm, customer_id: int) -> CreditNote | None:
    currency, line = form.currency.data, form.line()
    invoice = invoices.of_customer(customer_id, form.invoice.data) if form.invoice.data else None
    if form.invoice.data and (invoice is None or invoice.currency != currency):
        form.blame("invoice", words.gettext("This customer has no such invoice in %(currency)s.", currency=currency))
        return None
    return CreditNote(
        customer_id=customer_id,
        number=form.number.data,
        amount=desk.sum_of([line], currency),
        reason=form.reason.data,
        issued_on=form.issued_on.data,
        invoice_id=invoice.id if invoice else None,
        lines=(
            CreditLine(
                description=line.description,
                quantity=line.quantity,
                net_minor=line.net(currency).minor,
                tax_rate=line.tax_rate,
                tax_minor=line.tax(currency).minor,
            ),
        ),
        key=form.key.data or one_form_key(),
    )
