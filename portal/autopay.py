"""Automatic payment of invoices to come: what one lets us take is entered, read, agreed to, and taken back at once."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar

from flask import abort, flash, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import BooleanField, IntegerField, RadioField
from wtforms.validators import InputRequired, NumberRange

from frame.forms import AmountField, OurForm, above_zero, form_page, options, row_id
from models import accounts, autopay, clock, customers, payments, words
from models.autopay import Agreed, Autopay, Coming, Terms
from models.errors import N_, Refused
from models.money import Money
from models.payments import SavedMethod
from models.policies import payment_limits
from models.policies.autopay import FEWEST_DAYS, MOST_DAYS, USUAL_DAYS
from models.transactions import transaction
from portal import portal
from portal.choosing import currency_asked, payer


class AutopayForm(OurForm):
    method = RadioField(
        N_("From which card or bank account?"),
        [InputRequired(N_("Choose one."))],
        choices=[],
        render_kw={"data-raw": ""},  # Its labels are names of cards.
    )
    limit = AmountField(N_("At most for one invoice"), [InputRequired(N_("Enter an amount.")), above_zero])
    days = IntegerField(
        N_("Days between our mail and the payment, at least"),
        [InputRequired(N_("Enter a number.")), NumberRange(FEWEST_DAYS, MOST_DAYS)],
    )
    refusals: ClassVar[Mapping[type[Refused], str]] = {
        payment_limits.AmountOutsideLimits: "limit",
        payments.MethodNotUsable: "method",
    }


class AgreeForm(OurForm):
    """`seen` names the text that was read."""

    agreed = BooleanField(
        N_("I have read this and I agree"),
        [InputRequired(N_("Tick the box if you agree. Nothing is agreed before you do."))],
    )


@portal.route("/autopay", methods=["GET", "POST"])
def set_autopay() -> Response | tuple[str, int]:
    """What is to be taken, from where, up to how much; nothing is agreed here."""
    payer()
    living, found = autopay.living(current_user.customer_id, _currency()), _methods()
    form = AutopayForm(request.form, data=_values(living, found))
    form.method.choices = options((str(one.id), one.name) for one in found)
    if request.method == "POST" and found and form.validate():
        limit = form.limit.money(_currency())
        if limit is not None:
            terms = Terms(int(form.method.data), limit, form.days.data)
            with form.telling_refusals():
                autopay.check(current_user.customer_id, terms, on=_today())
            if not form.errors:
                return redirect(url_for("portal.agree_autopay", **_address(terms)), 303)
    return form_page("portal/autopay.html", form, living=living, methods=found, currency=_currency())


@portal.route("/autopay/agree", methods=["GET", "POST"])
def agree_autopay() -> Response | tuple[str, int]:
    """What was read is what is agreed: where it is no longer the same, it is shown anew and nothing is agreed."""
    payer()
    terms, form = _terms(), AgreeForm(request.form)
    if terms is None:
        return redirect(url_for("portal.set_autopay", currency=_currency()), 303)
    text = _text(terms)
    if request.method == "POST" and form.validate():
        if request.form.get("seen") != _digest(text):
            return form_page("portal/autopay_agree.html", form, **_shown(terms, text), refused=True)[0], 409
        with transaction():
            _turn_on(terms, text)
        flash(words.gettext("New invoices are paid automatically from now on."), "ok")
        return redirect(url_for("portal.methods"), 303)
    return form_page("portal/autopay_agree.html", form, **_shown(terms, text), refused=False)


@portal.post("/autopay/<int:autopay_id>/off")
def autopay_off(autopay_id: int) -> Response:
    """At once, by one button; pressed twice it is off once."""
    who = payer()
    found = (autopay.find(customer_id, autopay_id) for customer_id in current_user.family)
    mine = next((one for one in found if one is not None), None) or abort(404)
    with transaction():
        autopay.turn_off(mine, by=who.actor, now=clock.now())
    flash(words.gettext("Automatic payment is off. Nothing is taken any more."), "ok")
    return redirect(url_for("portal.methods"), 303)


@portal.app_template_global()
def planned_charges() -> Sequence[Coming]:
    return autopay.coming(current_user.family)


def _turn_on(terms: Terms, text: str) -> None:
    who = current_user
    agreed = Agreed(text, words.language(), request.remote_addr or "", request.user_agent.string[:400])
    autopay.turn_on(who.customer_id, who.contact_id, terms, agreed, by=who.actor, on=_today(), now=clock.now())


def _terms() -> Terms | None:
    """As the address says them."""
    method, limit, days = (request.args.get(name, type=row_id) for name in ("method", "limit", "days"))
    if not method or not limit or not days:
        return None
    terms = Terms(method, Money(limit, _currency()), days)
    autopay.check(current_user.customer_id, terms, on=_today())
    return terms


def _address(terms: Terms) -> dict[str, object]:
    limit = terms.limit
    return {"method": terms.method_id, "limit": limit.minor, "currency": limit.currency, "days": terms.notice_days}


def _text(terms: Terms) -> str:
    customer = customers.find(current_user.customer_id) or abort(404)
    return autopay.consent_words(terms, customer, _method(terms))


def _shown(terms: Terms, text: str) -> dict[str, object]:
    return {"terms": terms, "text": text, "digest": _digest(text), "method": _method(terms)}


def _method(terms: Terms) -> SavedMethod:
    return payments.methods.find(current_user.customer_id, terms.method_id) or abort(404)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _methods() -> list[SavedMethod]:
    """What of the account's own can be charged today."""
    kept = accounts.kept_methods([current_user.customer_id])
    return [one.method for one in kept if one.method.is_usable(_today())]


def _values(living: Autopay | None, found: Sequence[SavedMethod]) -> dict[str, object]:
    if living is not None:
        return {"method": str(living.method_id), "limit": living.limit.amount, "days": living.notice_days}
    return {"method": str(found[0].id) if found else None, "days": USUAL_DAYS}


def _currency() -> str:
    """The one that was asked for, where it is on in it; else one in which something is open, or the company's."""
    asked = request.args.get("currency")
    on = {one.currency for one in autopay.of_customers([current_user.customer_id])}
    return asked if asked in on else currency_asked()


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
