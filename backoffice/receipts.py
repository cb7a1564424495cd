"""Money in: enter a receipt, use it for items, take that back, move it to whose money it is."""

import secrets
from collections.abc import Sequence

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import HiddenField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from backoffice import backoffice, requires
from backoffice.customers import found_or_404, usual_currency
from frame.forms import AmountField, DayField, OurForm, above_zero, one_form_key, options, page_asked
from models import clock, customers, desk, ledger, words
from models.customers import search
from models.desk import Method
from models.errors import N_, Refused
from models.ledger import Entry, Side
from models.money import EXPONENTS, Money
from models.policies.permissions import Permission
from models.transactions import transaction

METHODS = [
    (Method.TRANSFER.value, N_("Bank transfer")),
    (Method.CHEQUE.value, N_("Cheque")),
    (Method.CASH.value, N_("Cash")),
]
USES = [
    ("oldest", N_("For the oldest due items")),
    ("choose", N_("I choose the items on the next page")),
    ("leave", N_("Leave it unapplied")),
]
ITEMS = 50


class ReceiptForm(OurForm):
    key = HiddenField()
    amount = AmountField(N_("Amount"), validators=[InputRequired(), above_zero])
    currency = SelectField(N_("Currency"), choices=options((code, code) for code in sorted(EXPONENTS)))
    paid_on = DayField(N_("Date on the bank statement"), validators=[InputRequired()])
    method = SelectField(N_("How it came"), choices=options(METHODS))
    payer = StringField(N_("Payer"), validators=[Length(max=140)])
    reference = StringField(N_("Reference"), validators=[Length(max=140)])
    use = RadioField(N_("Use it"), choices=options(USES), default="choose")


class MoveForm(OurForm):
    number = StringField(N_("Customer number"), validators=[InputRequired(), Length(max=60)])
    amount = AmountField(N_("Amount"), validators=[InputRequired(), above_zero])
    reason = StringField(N_("Reason"), validators=[InputRequired(), Length(max=300)])


class ReasonForm(OurForm):
    reason = StringField(N_("Reason"), validators=[InputRequired(), Length(max=300)])


@backoffice.route("/customers/<int:customer_id>/receipts/new", methods=["GET", "POST"])
@requires(Permission.RECEIVE)
def enter_receipt(customer_id: int) -> Response | str | tuple[str, int]:
    customer = found_or_404(customer_id)
    form = ReceiptForm(request.form, data={"currency": usual_currency(customer), "key": one_form_key()})
    if request.method == "POST" and form.validate() and (amount := form.amount.money(form.currency.data)):
        with transaction():
            receipt = desk.enter_receipt(
                customer.id,
                amount,
                method=Method(form.method.data),
                paid_on=form.paid_on.data,
                reference=form.reference.data.strip(),
                payer=form.payer.data.strip(),
                key=form.key.data or secrets.token_hex(8),
                oldest_first=form.use.data == "oldest",
                by=current_user.actor,
                now=clock.now(),
            )
        flash(words.gettext("The receipt of %(amount)s is entered.", amount=amount), "ok")
        page = "backoffice.allocate" if form.use.data == "choose" else "backoffice.entry"
        return redirect(url_for(page, customer_id=customer.id, entry_id=receipt.id), 303)
    shown = render_template("backoffice/receipt_form.html", form=form, customer=customer)
    return (shown, 422) if form.errors else shown


@backoffice.route("/customers/<int:customer_id>/entries/<int:entry_id>/allocate", methods=["GET", "POST"])
@requires(Permission.ALLOCATE)
def allocate(customer_id: int, entry_id: int) -> Response | str | tuple[str, int]:
    credit = credit_or_404(customer_id, entry_id)
    query, page = request.values.get("q", "").strip(), page_asked()
    items, count = ledger.find_open_items(customer_id, credit.currency, query, most=ITEMS, skip=(page - 1) * ITEMS)
    typed, errors = _typed_shares(items, credit.currency) if request.method == "POST" else ({}, {})
    if request.method == "POST" and not errors and typed:
        with transaction():
            desk.allocate(credit, list(typed.items()), by=current_user.actor, now=clock.now())
        flash(words.gettext("The money is allocated."), "ok")
        return redirect(url_for("backoffice.entry", customer_id=customer_id, entry_id=entry_id), 303)
    if request.method == "POST" and not errors:
        errors = {0: words.gettext("Enter an amount beside at least one item.")}
    shown = render_template(
        "backoffice/allocate.html",
        credit=credit,
        customer=found_or_404(customer_id),
        items=items,
        count=count,
        query=query,
        errors=errors,
        page_no=page,
        pages=max(-(-count // ITEMS), 1),
    )
    return (shown, 422) if errors else shown


@backoffice.route("/customers/<int:customer_id>/allocations/<int:allocation_id>/take-back", methods=["GET", "POST"])
@requires(Permission.ALLOCATE)
def take_back(customer_id: int, allocation_id: int) -> Response | str | tuple[str, int]:
    allocation = ledger.allocation_of(customer_id, allocation_id) or abort(404)
    form = ReasonForm(request.form)
    if request.method == "POST" and form.validate():
        with transaction():
            desk.take_back(allocation, reason=form.reason.data, by=current_user.actor, now=clock.now())
        flash(words.gettext("The allocation of %(amount)s is taken back.", amount=allocation.amount), "ok")
        return redirect(url_for("backoffice.entry", customer_id=customer_id, entry_id=allocation.credit_id), 303)
    shown = render_template(
        "backoffice/take_back.html", form=form, allocation=allocation, customer=found_or_404(customer_id)
    )
    return (shown, 422) if form.errors else shown


@backoffice.route("/customers/<int:customer_id>/entries/<int:entry_id>/move", methods=["GET", "POST"])
@requires(Permission.RECEIVE)
def move_receipt(customer_id: int, entry_id: int) -> Response | str | tuple[str, int]:
    receipt = credit_or_404(customer_id, entry_id)
    form = MoveForm(request.form, data={"amount": receipt.left.amount, "number": request.args.get("number")})
    if request.method == "POST" and form.validate() and (amount := form.amount.money(receipt.currency)):
        to = customers.by_number(form.number.data)
        if to is None:
            form.number.errors = [words.gettext("There is no customer with this number.")]
        else:
            with transaction():
                moved = desk.move_receipt(
                    receipt, to, amount, reason=form.reason.data, by=current_user.actor, now=clock.now()
                )
            flash(words.gettext("%(amount)s is moved to %(name)s.", amount=amount, name=to.name), "ok")
            return redirect(url_for("backoffice.entry", customer_id=to.id, entry_id=moved.id), 303)
    shown = render_template(
        "backoffice/move_receipt.html",
        form=form,
        receipt=receipt,
        customer=found_or_404(customer_id),
        found=search.search(request.args["q"], most=8)[0] if request.args.get("q") else (),
    )
    return (shown, 422) if form.errors else shown


def credit_or_404(customer_id: int, entry_id: int) -> Entry:
    shown = ledger.shown_entry(customer_id, entry_id)
    if shown is None or shown.entry.side != Side.CREDIT:
        abort(404)
    return shown.entry


def _typed_shares(items: Sequence[ledger.OpenItem], currency: str) -> tuple[dict[int, Money], dict[int, str]]:
    """What was typed beside each item, and what is wrong with it."""
    shares, errors = {}, {}
    for item in items:
        typed = request.form.get(f"share-{item.entry_id}", "").strip()
        if not typed:
            continue
        try:
            share = Money.of(words.plain_number(typed), currency)
        except Refused as refusal:
            errors[item.entry_id] = words.explain(refusal)
            continue
        if not 0 < share.minor <= item.left.minor:
            errors[item.entry_id] = words.gettext("Enter an amount up to %(most)s.", most=item.left)
        shares[item.entry_id] = share
    return shares, errors
