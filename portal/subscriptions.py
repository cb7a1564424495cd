"""One click in a mail stops reminders by mail: no sign-in, no question, and it can be undone on the same page."""

from flask import Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from frame.security import csrf
from models import clock
from models.customers import Contact, opt_outs
from models.customers.contacts import masked
from models.customers.opt_outs import OptedOutBy
from models.transactions import transaction
from portal import portal


@portal.get("/unsubscribe/<token>")
def unsubscribe(token: str) -> str:
    """A page with a button: mail scanners follow links, and must stop nothing."""
    contact = _reader(token)
    return render_template(
        "portal/unsubscribe.html",
        token=token,
        stopped=opt_outs.living(contact) is not None,
        address=masked(contact.email or ""),
    )


@portal.post("/unsubscribe/<token>")
@csrf.exempt
def unsubscribe_now(token: str) -> AnyResponse:
    """
    By the button, or by a mail program (RFC 8058), which brings neither cookie nor form token: whoever has the address
    of one mail can do nothing by it but stop such mails.
    """
    contact = _reader(token)
    by_program = request.form.get("List-Unsubscribe") == "One-Click"
    with transaction():
        opt_outs.opt_out(contact, OptedOutBy.MAIL_PROGRAM if by_program else OptedOutBy.PAGE, now=clock.now())
    return Response(status=200) if by_program else redirect(url_for("portal.unsubscribe", token=token), 303)


@portal.post("/unsubscribe/<token>/undo")
def subscribe_again(token: str) -> AnyResponse:
    contact = _reader(token)
    with transaction():
        opt_outs.opt_in(contact, now=clock.now())
    return redirect(url_for("portal.unsubscribe", token=token), 303)


def _reader(token: str) -> Contact:
    return opt_outs.reader(token) or abort(404)
