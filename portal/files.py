"""Files that a customer adds to a form, and those that they may read."""

from flask import Response, abort
from flask_login import current_user
from wtforms import MultipleFileField

from frame import uploads
from frame.files import given_out
from models import files
from models.audit import Actor
from models.errors import N_
from models.files import Tray
from portal import portal


class WithFiles(uploads.WithFiles):
    """`purpose`: of a draft, so that files of one form are not sent with another."""

    purpose = "claim"
    hint = N_(
        "A photo or a PDF of the bank's confirmation, for example: up to 10 files of 10 MB. We remove from photos where"
        " they were taken."
    )
    files = MultipleFileField(N_("Proof of the payment"))

    @property
    def tray(self) -> Tray:
        return Tray(current_user.customer_id, self.purpose, contact_id=current_user.contact_id)

    @property
    def by(self) -> Actor:
        actor: Actor = current_user.actor
        return actor


@portal.get("/files/<int:file_id>")
def file(file_id: int) -> Response:
    """Of the reader's account, or of one that is read as part of it."""
    found = files.find_shown(current_user.family, file_id) or abort(404)
    return given_out(found.content, found.kind.mime, found.name)
