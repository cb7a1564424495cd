"""Every mail we wrote, and what became of it."""

from flask import abort, render_template, request
from flask_login import current_user

from backoffice import backoffice, requires
from frame.forms import row_id
from models import company, messages
from models.policies.permissions import Permission

PAGE = 50


@backoffice.get("/outbox")
@requires(Permission.READ_OUTBOX)
def outbox() -> str:
    before = request.args.get("before", type=row_id)
    listed = messages.outbox(most=PAGE + 1, before_id=before, to_staff=_reads_mail_to_staff())
    return render_template("backoffice/outbox.html", messages=listed[:PAGE], more=len(listed) > PAGE)


@backoffice.get("/outbox/<int:customer_id>/<int:message_id>")
@requires(Permission.READ_OUTBOX)
def message(customer_id: int, message_id: int) -> str:
    found = messages.find(customer_id, message_id) or abort(404)
    if found.customer_id == company.HOLDING_ACCOUNT and not _reads_mail_to_staff():
        abort(404)
    return render_template("backoffice/message.html", message=found)


def _reads_mail_to_staff() -> bool:
    """Mails to staff hold sign-up links: whoever reads one could come in as somebody else."""
    return current_user.may(Permission.APPOINT_STAFF)
