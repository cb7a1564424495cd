"""Every mail we wrote, and what became of it."""

from flask import abort, render_template, request

from backoffice import backoffice, requires
from models import messages
from models.policies.permissions import Permission

PAGE = 50


@backoffice.get("/outbox")
@requires(Permission.READ_ACCOUNTS)
def outbox() -> str:
    before = request.args.get("before", type=int)
    listed = messages.outbox(most=PAGE + 1, before_id=before)
    return render_template("backoffice/outbox.html", messages=listed[:PAGE], more=len(listed) > PAGE)


@backoffice.get("/outbox/<int:customer_id>/<int:message_id>")
@requires(Permission.READ_ACCOUNTS)
def message(customer_id: int, message_id: int) -> str:
    found = messages.find(customer_id, message_id) or abort(404)
    return render_template("backoffice/message.html", message=found)
