"""Cards and accounts that are kept: which, what each is charged for, one more, one less."""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from uuid import UUID

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from models import accounts, autopay, clock, payments, words
from models.accounts import KeptMethod
from models.errors import N_
from models.payments import MethodState, SavedMethod
from models.transactions import transaction
from portal import portal
from portal.choosing import currency_asked, payer
from portal.confirming import fresh_code_first

SOON = timedelta(days=30)
STATES: Mapping[MethodState, str] = MappingProxyType(
    {
        MethodState.ACTIVE: N_("Can be charged"),
        MethodState.EXPIRED: N_("Has run out"),
        MethodState.FAILED: N_("Can no longer be charged"),
        MethodState.REMOVED: N_("Removed"),
    }
)


@portal.get("/methods")
def methods() -> str:
    family = current_user.family
    return render_template(
        "portal/methods.html",
        kept=accounts.kept_methods(family),
        switched_on=autopay.of_customers(family),
        coming=autopay.coming(family),
        currency=currency_asked(),
        today=_today(),
    )


@portal.post("/methods/add")
def add_method() -> Response:
    """On a page of Stripe's, which takes no money; back to where one was."""
    who, gateway = payer(), current_app.extensions["stripe"]
    then = "autopay" if request.form.get("then") == "autopay" else None
    payments.introduce(who.customer_id, gateway=gateway, now=clock.now)
    payments.give_up_open(who.customer_id, who.contact_id, gateway=gateway, now=clock.now)
    with transaction():
        attempt = payments.request_setup(
            who.customer_id,
            currency_asked(),
            by=who.actor,
            now=clock.now(),
            success_url=_back(then),
            cancel_url=url_for("portal.methods", _external=True),
            language=words.language(),
        )
        key = (attempt.customer_id, attempt.id)
    return redirect(payments.submit(*key, gateway=gateway, now=clock.now), 303)


@portal.get("/methods/added/<uuid:attempt_id>")
def method_added(attempt_id: UUID) -> Response:
    """Coming back from Stripe is a reason to ask Stripe."""
    attempt = payments.find_for(current_user.customer_id, attempt_id) or abort(404)
    if attempt.kind != payments.SETUP:
        abort(404)
    if not attempt.is_final:
        payments.sync_calmly(attempt.customer_id, attempt_id, gateway=current_app.extensions["stripe"], now=clock.now)
        attempt = payments.find_for(current_user.customer_id, attempt_id) or abort(404)
    method = payments.methods.find(attempt.customer_id, attempt.method_id) if attempt.method_id else None
    if method is not None:
        flash(words.gettext("%(method)s is kept.", method=method.name), "ok")
    else:
        flash(words.gettext("No card or bank account was added. You can try again."), "warn")
    on = method is not None and request.args.get("then") == "autopay"
    there = "portal.set_autopay" if on else "portal.methods"
    return redirect(url_for(there, currency=attempt.currency), 303)


@portal.get("/methods/<int:method_id>/remove")
def see_method_off(method_id: int) -> str:
    """What follows is said before it is done."""
    payer()
    return render_template("portal/method_remove.html", kept=_kept(method_id))


@portal.post("/methods/<int:method_id>/remove")
def remove_method(method_id: int) -> Response:
    """A code is sent to nobody who may not pay."""
    payer()
    _kept(method_id)
    return _remove_with_code(method_id)


@fresh_code_first("portal.see_method_off")
def _remove_with_code(method_id: int) -> Response:
    kept = _kept(method_id)
    with transaction():
        accounts.remove_method(kept, by=current_user.actor, now=clock.now())
    flash(words.gettext("%(method)s is removed. It is charged for nothing any more.", method=kept.method.name), "ok")
    return redirect(url_for("portal.methods"), 303)


@portal.app_template_global()
def method_state(method: SavedMethod) -> tuple[str, str]:
    """In plain words, with its tone."""
    today, last = _today(), method.last_day
    if method.state is MethodState.ACTIVE and last is not None and last < today:
        return words.gettext(STATES[MethodState.EXPIRED]), "bad"
    if method.state is MethodState.ACTIVE and last is not None and last < today + SOON:
        return words.gettext("Runs out soon"), "warn"
    return words.gettext(STATES[method.state]), "ok" if method.state is MethodState.ACTIVE else "bad"


def _kept(method_id: int) -> KeptMethod:
    return next(
        (one for one in accounts.kept_methods(current_user.family) if one.method.id == method_id), None
    ) or abort(404)


def _back(then: str | None) -> str:
    address = url_for("portal.method_added", attempt_id=UUID(int=0), then=then, _external=True)
    return address.replace(str(UUID(int=0)), "{attempt}")


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
