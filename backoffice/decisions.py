"""What may need a second person: a refund, a write-off, a credit note."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from backoffice import backoffice, requires
from backoffice.customers import found_or_404, usual_currency
from backoffice.receipts import credit_or_404
from frame.forms import AmountField, DayField, OurForm, above_zero, one_form_key, options
from models import approvals, clock, desk, invoices, ledger, words
from models.approvals import CreditLine, CreditNote, Decision, Done, Refund, WriteOff
from models.desk import Line
from models.errors import N_
from models.ledger import Entry, Side
from models.money import EXPONENTS
from models.policies.permissions import Permission
from models.transactions import transaction


class AmountForm(OurForm):
    key = HiddenField()
    amount = AmountField(N_("Amount"), validators=[InputRequired(), above_zero])
    reason = StringField(N_("Reason"), validators=[InputRequired(), Length(max=300)])


class CreditNoteForm(OurForm):
    key = HiddenField()
    number = StringField(N_("Number of the credit note"), validators=[InputRequired(), Length(max=60)])
    invoice = StringField(N_("Invoice it corrects"), validators=[Length(max=60)])
    currency = SelectField(N_("Currency"), choices=options((code, code) for code in sorted(EXPONENTS)))
    issued_on = DayField(N_("Date of issue"), validators=[InputRequired()])
    description = StringField(N_("Description"), validators=[InputRequired(), Length(max=300)])
    quantity = AmountField(N_("Quantity"))
    price = AmountField(N_("Price for one, without tax"), validators=[InputRequired(), above_zero])
    tax_rate = AmountField(N_("Tax in per cent"))
    reason = StringField(N_("Reason"), validators=[InputRequired(), Length(max=300)])


@backoffice.route("/customers/<int:customer_id>/entries/<int:entry_id>/refund", methods=["GET", "POST"])
@requires(Permission.REFUND)
def refund(customer_id: int, entry_id: int) -> Response | str | tuple[str, int]:
    return _decide(credit_or_404(customer_id, entry_id), Refund, words.gettext("Refund"))


@backoffice.route("/customers/<int:customer_id>/entries/<int:entry_id>/write-off", methods=["GET", "POST"])
@requires(Permission.WRITE_OFF)
def write_off(customer_id: int, entry_id: int) -> Response | str | tuple[str, int]:
    shown = ledger.shown_entry(customer_id, entry_id)
    if shown is None or shown.entry.side != Side.DEBIT:
        abort(404)
    return _decide(shown.entry, WriteOff, words.gettext("Write off"))


@backoffice.route("/customers/<int:customer_id>/credit-notes/new", methods=["GET", "POST"])
@requires(Permission.CREDIT)
def write_credit_note(customer_id: int) -> Response | str | tuple[str, int]:
    customer = found_or_404(customer_id)
    today = g.company.today(clock.now())
    given = {
        "currency": usual_currency(customer),
        "issued_on": today,
        "invoice": request.args.get("invoice"),
        "key": one_form_key(),
    }
    form = CreditNoteForm(request.form, data=given)
    if request.method == "POST" and form.validate() and (decision := _credit_note(form, customer.id)):
        _submit(decision)
        return redirect(url_for("backoffice.account", customer_id=customer.id), 303)
    shown = render_template("backoffice/credit_note_form.html", form=form, customer=customer)
    return (shown, 422) if form.errors else shown


def _decide(entry: Entry, kind: type[Refund] | type[WriteOff], title: str) -> Response | str | tuple[str, int]:
    form = AmountForm(request.form, data={"amount": entry.left.amount, "key": one_form_key()})
    if request.method == "POST" and form.validate() and (amount := form.amount.money(entry.currency)):
        _submit(
            kind(
                customer_id=entry.customer_id,
                entry_id=entry.id,
                amount=amount,
                reason=form.reason.data,
                effective_on=g.company.today(clock.now()),
                key=form.key.data or one_form_key(),
            )
        )
        return redirect(url_for("backoffice.entry", customer_id=entry.customer_id, entry_id=entry.id), 303)
    shown = render_template(
        "backoffice/decision_form.html",
        form=form,
        entry=entry,
        title=title,
        customer=found_or_404(entry.customer_id),
    )
    return (shown, 422) if form.errors else shown


def _submit(decision: Decision) -> None:
    """Carry it out, or leave it to a second person, and say which."""
    with transaction():
        outcome = approvals.submit(decision, by=current_user, now=clock.now())
    if isinstance(outcome, Done):
        flash(words.gettext("Carried out."), "ok")
    else:
        flash(words.gettext("A second person is asked. Nothing is booked until then."), "info")


def _credit_note(form: CreditNoteForm, customer_id: int) -> CreditNote | None:
    currency = form.currency.data
    line = Line(form.description.data, form.quantity.data or 1, form.price.data, form.tax_rate.data or 0)
    invoice = invoices.of_customer(customer_id, form.invoice.data) if form.invoice.data else None
    if form.invoice.data and (invoice is None or invoice.currency != currency):
        form.invoice.errors = [words.gettext("This customer has no such invoice in %(currency)s.", currency=currency)]
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
