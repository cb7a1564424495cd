"""Paying ahead: money for no item yet. It waits unapplied on the account, in sight, until it is used."""

from flask import current_app, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from frame.forms import AmountField, OurForm, above_zero, form_page
from models import accounts, clock, payments, words
from models.errors import N_, Refused
from models.money import Money
from models.policies import payment_limits
from models.transactions import transaction
from portal import portal
from portal.choosing import currencies, currency_asked, payer
from portal.payments import result_address


class AheadForm(OurForm):
    amount = AmountField(N_("Amount to pay"), validators=[above_zero])


@portal.get("/pay/ahead")
def ahead() -> tuple[str, int]:
    return _page(AheadForm())


@portal.post("/pay/ahead")
def pay_ahead() -> Response | tuple[str, int]:
    form = AheadForm(request.form)
    amount = _amount(form)
    if amount is None:
        return _page(form)
    who, gateway = payer(), current_app.extensions["stripe"]
    payments.give_up_open(who.customer_id, who.contact_id, gateway=gateway, now=clock.now)
    with transaction():
        attempt = payments.request_ahead(
            who.customer_id,
            amount,
            by=who.actor,
            now=clock.now(),
            success_url=result_address(),
            cancel_url=url_for("portal.ahead", currency=amount.currency, _external=True),
            language=words.language(),
            description=words.gettext("Payment in advance"),
        )
        key = (attempt.customer_id, attempt.id)
    return redirect(payments.submit(*key, gateway=gateway, now=clock.now), 303)


def _page(form: AheadForm) -> tuple[str, int]:
    payer()
    currency = currency_asked()
    return form_page("portal/ahead.html", form, currency=currency, currencies=currencies(), owes=_owes(currency))


def _owes(currency: str) -> bool:
    today = g.company.today(clock.now())
    balance = accounts.statement_page(current_user.customer_id, today, currency=currency).balance
    return bool(balance and balance.currency == currency and balance.open)


def _amount(form: AheadForm) -> Money | None:
    """What was typed, if Stripe takes it; else None with the reason beside the field."""
    if not form.validate():
        return None
    if form.amount.data is None:
        form.amount.errors = [words.gettext("Enter an amount.")]
        return None
    try:
        amount = Money.of(form.amount.data, currency_asked())
        payment_limits.check(amount)
    except Refused as refusal:
        form.amount.errors = [words.explain(refusal)]
        return None
    return amount
