"""Money in: enter a receipt, move it to whose money it is."""

from typing import ClassVar

from flask import abort, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from backoffice import backoffice, requires
from backoffice.customers import account_or_404, query_typed, usual_currency
from backoffice.fields import amount_field, currency_field, reason_field
from backoffice.words import METHODS
from frame.forms import DayField, OurForm, form_page, one_form_key, options
from models import clock, company, customers, desk, ledger, words
from models.customers import search
from models.desk import DeskRefused, Method
from models.errors import N_
from models.ledger import AllocationRefused, BooksClosed, Entry, EntryKind, EntryRefused, Side
from models.policies.permissions import Permission
from models.transactions import transaction

OLDEST, CHOOSE, LEAVE = "oldest", "choose", "leave"
USES = [
    (OLDEST, N_("For the oldest due items")),
    (CHOOSE, N_("I choose the items on the next page")),
    (LEAVE, N_("Leave it unapplied")),
]
MOST_FOUND = 8


class ReceiptForm(OurForm):
    key = HiddenField()
    amount = amount_field()
    currency = currency_field()
    paid_on = DayField(N_("Date on the bank statement"), validators=[InputRequired()])
    method = SelectField(N_("How it came"), choices=options(METHODS.items()))
    payer = StringField(N_("Payer"), validators=[Length(max=140)])
    reference = StringField(N_("Reference"), validators=[Length(max=140)])
    use = RadioField(N_("Use it"), choices=options(USES), default=CHOOSE)
    refusals: ClassVar = {BooksClosed: "paid_on", DeskRefused: "paid_on", EntryRefused: "amount"}


class MoveForm(OurForm):
    key = HiddenField()
    number = StringField(N_("Customer number"), validators=[DataRequired(), Length(max=60)])
    amount = amount_field()
    reason = reason_field()
    refusals: ClassVar = {DeskRefused: "number", AllocationRefused: "amount", EntryRefused: "amount"}

    def validate_number(self, field: StringField) -> None:
        if customers.by_number(field.data) is None:
            raise ValidationError(words.gettext("There is no customer with this number."))


@backoffice.route("/customers/<int:customer_id>/receipts/new", methods=["GET", "POST"])
@requires(Permission.RECEIVE)
def enter_receipt(customer_id: int) -> Response | tuple[str, int]:
    customer = account_or_404(customer_id)
    form = ReceiptForm(request.form, data={"currency": usual_currency(customer), "key": one_form_key()})
    if customer.id == company.HOLDING_ACCOUNT:
        del form.use
    if request.method == "POST" and form.validate() and (amount := form.amount.money(form.currency.data)):
        with form.telling_refusals(), transaction():
            receipt = desk.enter_receipt(
                customer.id,
                amount,
                method=Method(form.method.data),
                paid_on=form.paid_on.data,
                reference=form.reference.data,
                payer=form.payer.data,
                key=form.key.data or one_form_key(),
                oldest_first="use" in form and form.use.data == OLDEST,
                by=current_user.actor,
                now=clock.now(),
            )
        if not form.errors:
            flash(words.gettext("The receipt of %(amount)s is entered.", amount=amount), "ok")
            return redirect(_next_page(form, receipt), 303)
    return form_page("backoffice/receipt_form.html", form, customer=customer)


@backoffice.route("/customers/<int:customer_id>/entries/<int:entry_id>/move", methods=["GET", "POST"])
@requires(Permission.RECEIVE)
def move_receipt(customer_id: int, entry_id: int) -> Response | tuple[str, int]:
    receipt = credit_or_404(customer_id, entry_id)
    if receipt.kind != EntryKind.RECEIPT:
        abort(404)
    given = {"amount": receipt.left.amount, "number": request.args.get("number"), "key": one_form_key()}
    form = MoveForm(request.form, data=given)
    if request.method == "POST" and form.validate() and (amount := form.amount.money(receipt.currency)):
        to = customers.by_number(form.number.data) or abort(404)
        with form.telling_refusals(), transaction():
            key = form.key.data or one_form_key()
            moved = desk.move_receipt(
                receipt, to, amount, reason=form.reason.data, key=key, by=current_user.actor, now=clock.now()
            )
        if not form.errors:
            flash(words.gettext("%(amount)s is moved to %(name)s.", amount=amount, name=to.name), "ok")
            return redirect(url_for("backoffice.entry", customer_id=to.id, entry_id=moved.id), 303)
    return form_page(
        "backoffice/move_receipt.html",
        form,
        receipt=receipt,
        customer=account_or_404(customer_id),
        query=query_typed(),
        found=search.search(query_typed(), most=MOST_FOUND)[0] if query_typed() else (),
    )


def credit_or_404(customer_id: int, entry_id: int) -> Entry:
    shown = ledger.shown_entry(customer_id, entry_id)
    if shown is None or shown.entry.side != Side.CREDIT:
        abort(404)
    return shown.entry


def _next_page(form: ReceiptForm, receipt: Entry) -> str:
    choose = "use" in form and form.use.data == CHOOSE and receipt.left
    page = "backoffice.allocate" if choose else "backoffice.entry"
    return url_for(page, customer_id=receipt.customer_id, entry_id=receipt.id)
