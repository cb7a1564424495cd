"""Outside production only: the mails that would have gone, for whoever tries Duewell without a mail server."""

from flask import Blueprint, abort, render_template

from models import messages

dev = Blueprint("dev", __name__, url_prefix="/dev")
MOST = 100


@dev.get("/outbox")
def outbox() -> str:
    return render_template("dev/outbox.html", messages=messages.outbox(most=MOST))


@dev.get("/outbox/<int:customer_id>/<int:message_id>")
def message(customer_id: int, message_id: int) -> str:
    found = messages.find(customer_id, message_id) or abort(404)
    return render_template("dev/message.html", message=found)
