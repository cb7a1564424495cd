"""What stops reminders: staff see why, until when and by whom; place it, end it, and write down a promise."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from backoffice import backoffice, requires
from backoffice.customers import customer_or_404, frame_of, usual_currency
from backoffice.hold_forms import EndForm, PauseForm, PromiseForm, TreatmentForm
from frame.forms import form_page
from models import accounts, claims, clock, customers, pauses, payments, promises
from models.accounts import Stopping
from models.autopay import AutopayCharge
from models.claims import Claim, ClaimState
from models.customers import Customer, merges
from models.errors import N_
from models.files import File
from models.holds import HoldKind
from models.pauses import Pause
from models.payments import PayableItem
from models.plans import Plan
from models.policies.permissions import Permission
from models.promises import Promise, PromiseState
from models.transactions import transaction
from models.words import gettext

KINDS: Mapping[str, str] = {
    "promise": N_("Promise to pay"),
    "plan": N_("Instalment plan"),
    "plan_asked": N_("Instalment plan, not in force yet"),
    "autopay": N_("Autopay"),
    "dispute": N_("Dispute"),
    "already_paid": N_("Says: already paid"),
    "not_ours": N_("Says: not mine"),
    "pause": N_("Pause"),
    "hardship": N_("Hardship"),
    "breathing_space": N_("Breathing space"),
    "cease_contact": N_("Cease contact"),
    "wrong_address": N_("Wrong address"),
    "legal_representative": N_("Legal representative"),
}
CLAIM_STATES: Mapping[ClaimState, str] = {
    ClaimState.OPEN: N_("open"),
    ClaimState.SETTLED: N_("found and used"),
    ClaimState.LAPSED: N_("the pause is over"),
    ClaimState.CLOSED: N_("looked at"),
}
OUTCOMES: Mapping[PromiseState, tuple[str, str]] = {
    PromiseState.KEPT: (N_("Kept"), "ok"),
    PromiseState.BROKEN: (N_("Not kept"), "warn"),
    PromiseState.WITHDRAWN: (N_("Withdrawn"), ""),
}
EXPLAINED: Mapping[HoldKind, str] = {
    HoldKind.PAUSE: N_("No reminders and no calls, for one item or the whole account, until a day."),
    HoldKind.HARDSHIP: N_("The customer is in need. Nothing is asked for until you end it, or until a day."),
    HoldKind.BREATHING_SPACE: N_(
        "By law nothing is asked for during 60 days; during a treatment of a mental health crisis as long as it lasts,"
        " and 30 days more. The customer may pay."
    ),
    HoldKind.CEASE_CONTACT: N_(
        "The customer has asked in writing not to be contacted. Nothing is sent, no letters either."
    ),
    HoldKind.WRONG_ADDRESS: N_("What we send goes to somebody else or comes back. Nothing is sent until you end it."),
    HoldKind.LEGAL_REPRESENTATIVE: N_("Somebody acts for the customer. Nothing is sent to the customer."),
}


@backoffice.get("/customers/<int:customer_id>/holds")
@requires(Permission.READ_ACCOUNTS)
def account_holds(customer_id: int) -> str:
    customer = customer_or_404(customer_id)
    rows = accounts.stopping(merges.family(customer.id))
    return render_template(
        "backoffice/holds.html",
        living=[row for row in rows if row.in_force(_today())],
        past=[row for row in rows if not row.in_force(_today())],
        said=claims.of_customers(merges.family(customer.id), most=20),
        placed={kind.value: gettext(KINDS[kind.value]) for kind in pauses.PLACED},
        **frame_of(customer, "holds"),
    )


@backoffice.route("/customers/<int:customer_id>/holds/new", methods=["GET", "POST"])
@requires(Permission.HOLD)
def place_hold(customer_id: int) -> Response | tuple[str, int]:
    customer, kind = customer_or_404(customer_id), request.args.get("kind", HoldKind.PAUSE.value)
    wanted = HoldKind(kind) if kind in {one.value for one in pauses.PLACED} else abort(404)
    form = PauseForm(request.form, kind=wanted, items=_items(customer), data={"item": request.args.get("item", "")})
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            pauses.place(customer.id, wanted, by=current_user.actor, on=_today(), now=clock.now(), **form.facts())
        if not form.errors:
            flash(gettext("It is in force. Nothing that it covers is asked for."), "ok")
            return redirect(url_for("backoffice.account_holds", customer_id=customer.id), 303)
    title, sub = gettext(KINDS[kind]), gettext(EXPLAINED[wanted])
    return form_page("backoffice/hold_form.html", form, customer=customer, kind=kind, title=title, sub=sub)


@backoffice.route("/customers/<int:customer_id>/holds/<int:hold_id>/end", methods=["GET", "POST"])
@requires(Permission.HOLD)
def end_hold(customer_id: int, hold_id: int) -> Response | tuple[str, int]:
    customer, found = _found(customer_id, hold_id)
    if isinstance(found.row, Plan | AutopayCharge):
        abort(404)  # It rests as long as the plan is in force or the charge is to come, and is ended there.
    form = EndForm(request.form)
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            _end(found, form.reason.data, {"by": current_user.actor, "on": _today(), "now": clock.now()})
        if not form.errors:
            flash(gettext("It has ended. Reminders may go again."), "ok")
            return redirect(url_for("backoffice.account_holds", customer_id=customer_id), 303)
    return form_page("backoffice/hold_end.html", form, customer=customer, hold=found)


@backoffice.route("/customers/<int:customer_id>/holds/<int:hold_id>/treatment", methods=["GET", "POST"])
@requires(Permission.HOLD)
def end_treatment(customer_id: int, hold_id: int) -> Response | tuple[str, int]:
    """A breathing space for a crisis: it lasts 30 days longer than the treatment."""
    customer, found = _found(customer_id, hold_id)
    pause = found.row
    if not isinstance(pause, Pause) or not pause.crisis or pause.until_on is not None:
        abort(404)
    form = TreatmentForm(request.form, data={"treated_until": _today()})
    if request.method == "POST" and form.validate():
        with form.telling_refusals(), transaction():
            pauses.end_treatment(pause, form.treated_until.data, by=current_user.actor, on=_today(), now=clock.now())
        if not form.errors:
            return redirect(url_for("backoffice.account_holds", customer_id=customer_id), 303)
    return form_page("backoffice/treatment.html", form, customer=customer, hold=found)


@backoffice.route("/customers/<int:customer_id>/promises/new", methods=["GET", "POST"])
@requires(Permission.HOLD)
def write_promise(customer_id: int) -> Response | tuple[str, int]:
    """On a call: the customer says when they will pay how much."""
    customer = customer_or_404(customer_id)
    currency = request.args.get("currency") or usual_currency(customer)
    items = [item for item in payments.payable_items(customer.id, _today(), currency=currency) if item.promisable]
    due = sum(item.promisable.minor for item in items if item.due_on < _today()) or sum(
        item.promisable.minor for item in items
    )
    form = PromiseForm(request.form, currency=currency, items=items, due_minor=due)
    if request.method == "POST" and form.validate() and (amount := form.amount.money(currency)):
        shares = [
            (item, min(share, item.promisable))
            for item, share in payments.spread(amount, items, form.item_id)
            if item.promisable
        ]
        with form.telling_refusals(), transaction():
            promises.make_for(
                customer,
                customers.first_contact(customer.id),
                shares,
                pay_on=form.pay_on.data,
                by=current_user.actor,
                on=_today(),
                now=clock.now(),
            )
        if not form.errors:
            flash(gettext("The promise is written down. Nothing that it covers is asked for."), "ok")
            return redirect(url_for("backoffice.account_holds", customer_id=customer.id), 303)
    limits = promises.limits()
    return form_page(
        "backoffice/promise_form.html",
        form,
        customer=customer,
        currency=currency,
        last_day=limits.last_day(_today()),
        grace=limits.grace,
    )


def _end(found: Stopping, reason: str, facts: dict[str, Any]) -> None:
    if isinstance(found.row, Promise):
        promises.withdraw(found.row, reason=reason, **facts)
    elif isinstance(found.row, Claim):
        claims.close(found.row, reason, **facts)
    elif isinstance(found.row, Pause):
        pauses.end(found.row, reason, **facts)


def _found(customer_id: int, hold_id: int) -> tuple[Customer, Stopping]:
    customer = customer_or_404(customer_id)
    found = accounts.stopping_by(customer.id, hold_id) or abort(404)
    return customer, found


def _items(customer: Customer) -> list[PayableItem]:
    """Their own: an item of a joined account is paused on that account."""
    return [item for item in payments.payable_items(customer.id, _today()) if item.customer_id == customer.id]


@backoffice.app_template_global()
def hold_kind_word(kind: str) -> str:
    return gettext(KINDS.get(kind, kind))


@backoffice.app_template_global()
def promise_outcome(promise: Promise) -> tuple[str, str]:
    """A word and its tone, once it is over."""
    word, tone = OUTCOMES[promise.state]
    return gettext(word), tone


@backoffice.app_template_global()
def claim_words(claim: Claim) -> str:
    """What the customer said, on one line."""
    if claim.paid_on is None:
        return gettext(claims.WHYS[claim.why])
    return gettext(
        "Paid %(amount)s on %(day)s: %(how)s",
        amount=claim.amount,
        day=claim.paid_on,
        how=gettext(claims.WAYS[claim.how]),
    )


@backoffice.app_template_global()
def proof_of(claim: Claim) -> Sequence[File]:
    return claims.proof_of(claim)


@backoffice.app_template_global()
def claim_state_word(claim: Claim) -> str:
    return gettext(CLAIM_STATES[claim.state])


def _today() -> date:
    today: date = g.company.today(clock.now())
    return today
