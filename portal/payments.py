"""Paying an item through Stripe's own page, and what came of it."""

from uuid import UUID

from flask import abort, current_app, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from frame.forms import AmountField, OurForm, above_zero, row_id
from models import clock, payments, words
from models.errors import N_, Refused
from models.money import Money
from models.transactions import transaction
from portal import portal


class PayForm(OurForm):
    amount = AmountField(N_("Amount to pay"), validators=[above_zero])


@portal.get("/pay/<int:entry_id>")
def pay(entry_id: int) -> str:
    item = _payable(entry_id)
    form = PayForm(data={"amount": (item.undisputed or item.payable).amount})
    return render_template("portal/pay.html", item=item, form=form)


@portal.post("/pay/<int:entry_id>")
def pay_item(entry_id: int) -> Response | tuple[str, int]:
    item = _payable(entry_id)
    form = PayForm(request.form)
    amount = _amount(form, item)
    if amount is None:
        return render_template("portal/pay.html", item=item, form=form), 422
    gateway = current_app.extensions["stripe"]
    payments.give_up_open(current_user.customer_id, current_user.contact_id, gateway=gateway, now=clock.now)
    with transaction():
        attempt = payments.request(
            item.customer_id,
            [(item.entry_id, amount)],
            by=current_user.actor,
            on=g.company.today(clock.now()),
            now=clock.now(),
            success_url=result_address(),
            cancel_url=url_for("portal.pay", entry_id=entry_id, _external=True),
            language=words.language(),
            description=item_name(item),
            disputed={item.entry_id: request.form.get("disputed", 0, type=row_id)},
        )
        key = (attempt.customer_id, attempt.id)
    # The intent is committed before Stripe hears of it: a crash here loses a click, never money.
    return redirect(payments.submit(*key, gateway=gateway, now=clock.now), 303)


@portal.get("/payments/<uuid:attempt_id>")
def payment(attempt_id: UUID) -> str:
    """The result, as our ledger has it. Coming back from Stripe is a reason to ask Stripe, never a proof of payment."""
    attempt = payments.find_for(current_user.customer_id, attempt_id) or abort(404)
    if not attempt.is_final:
        payments.sync_calmly(attempt.customer_id, attempt_id, gateway=current_app.extensions["stripe"], now=clock.now)
        attempt = payments.find_for(current_user.customer_id, attempt_id)
    lines, receipt = payments.shown_lines(attempt), payments.receipt_of(attempt)
    mailed = receipt is not None and payments.is_mailed(receipt)
    return render_template("portal/payment.html", attempt=attempt, lines=lines, receipt=receipt, mailed=mailed)


def _payable(entry_id: int) -> payments.PayableItem:
    if not current_user.may_pay:
        abort(403)
    today = g.company.today(clock.now())
    who = current_user
    return payments.payable_item(who.customer_id, entry_id, today, contact_id=who.contact_id) or abort(404)


def _amount(form: PayForm, item: payments.PayableItem) -> Money | None:
    """What was typed, if it can be paid; else None with the reason beside the field."""
    if not form.validate():
        return None
    if form.amount.data is None:
        form.amount.errors = [words.gettext("Enter an amount.")]
        return None
    try:
        amount = Money.of(form.amount.data, item.payable.currency)
        payments.check_amount(amount, item)
    except Refused as refusal:
        form.amount.errors = [words.explain(refusal)]
        return None
    return amount


def item_name(item: payments.PayableItem) -> str:
    """What Stripe's page calls it."""
    return words.gettext("Invoice %(number)s", number=item.number) if item.number else str(g.company.name)


def result_address(endpoint: str = "portal.payment") -> str:
    """Filled in by `payments.request`, which makes the attempt's id."""
    return url_for(endpoint, attempt_id=UUID(int=0), _external=True).replace(str(UUID(int=0)), "{attempt}")
