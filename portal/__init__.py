"""What a customer can do. The gate below stands before every page here."""

from flask import Blueprint, Response, request, url_for
from flask_login import current_user

from frame.refusals import see_other

portal = Blueprint("portal", __name__)
OPEN_TO_ALL = {
    *("portal.home", "portal.arrive", "portal.landing", "portal.open_link"),
    *("portal.stripe_webhook", "portal.calendar_file"),
}


@portal.before_request
def require_contact() -> Response | None:
    if request.endpoint in OPEN_TO_ALL or str(current_user.get_id() or "").startswith("contact:"):
        return None
    return see_other("/")


@portal.context_processor
def way_out() -> dict[str, str | None]:
    return {"sign_out_url": url_for("portal.sign_out") if current_user.is_authenticated else None}


from portal import calendar, history, invoices, links, payments, principal, statement, webhooks  # noqa: E402, F401
