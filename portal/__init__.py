"""What a customer can do. The gate below stands before every page here."""

from flask import Blueprint, Response, render_template, request, url_for
from flask_login import current_user

from frame.refusals import see_other
from models.sign_ins import TooManyTries

portal = Blueprint("portal", __name__)
OPEN_TO_ALL = {
    *("portal.home", "portal.ask_for_link", "portal.asked", "portal.arrive", "portal.landing", "portal.open_link"),
    *("portal.pay_by_link", "portal.payment_by_link", "portal.receipt_by_link", "portal.link_code"),
    *("portal.send_code", "portal.enter_code", "portal.stripe_webhook", "portal.calendar_file"),
    *("portal.unsubscribe", "portal.unsubscribe_now", "portal.subscribe_again", "portal.question"),
    "portal.question_file",
}
# What stays open to whoever says that the account is not theirs: nothing that shows it.
STAYS_OPEN = {
    *("portal.not_mine", "portal.access", "portal.end_session", "portal.revoke_link", "portal.sign_out"),
}


@portal.before_request
def require_contact() -> Response | None:
    if request.endpoint in OPEN_TO_ALL:
        return None
    if not str(current_user.get_id() or "").startswith("contact:"):
        return see_other(url_for("portal.landing") if at_hand.link_at_hand() else "/")
    if request.endpoint in STAYS_OPEN or not current_user.is_hidden:
        return None
    return see_other(url_for("portal.not_mine"))


@portal.context_processor
def ways() -> dict[str, str | None]:
    signed_in = current_user.is_authenticated
    return {
        "sign_out_url": url_for("portal.sign_out") if signed_in else None,
        "access_url": url_for("portal.access") if signed_in else None,
        "preferences_url": url_for("portal.preferences") if signed_in else None,
    }


@portal.errorhandler(TooManyTries)
def slow_down(refusal: TooManyTries) -> tuple[str, int, dict[str, str]]:
    page = render_template("portal/too_many_tries.html", refusal=refusal)
    return page, 429, {"Retry-After": str(refusal.seconds)}


from portal import (  # noqa: E402, F401
    access,
    ahead,
    at_hand,
    autopay,
    calendar,
    choosing,
    claims,
    codes,
    colleagues,
    confirming,
    disputes,
    disputing,
    filed,
    files,
    history,
    holds,
    invoices,
    links,
    methods,
    pay_only,
    payments,
    plan_changing,
    plan_paying,
    planning,
    plans,
    preferences,
    principal,
    promises,
    questions,
    reminders,
    signing,
    statement,
    subscriptions,
    webhooks,
)
