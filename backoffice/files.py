"""Files that staff add to a form about an account, and all that was handed in on it."""

from flask import Response, abort
from flask_login import current_user

from backoffice import backoffice, requires
from backoffice.customers import customer_or_404
from frame import uploads
from frame.files import given_out
from models import files
from models.audit import Actor
from models.customers import merges
from models.files import Tray
from models.policies.permissions import Permission


class WithFiles(uploads.WithFiles):
    """`lies_at` says whose account it is about, and what for."""

    def lies_at(self, customer_id: int, purpose: str) -> None:
        self.tray = Tray(customer_id, purpose, staff_id=current_user.staff_id)
        self.look()

    @property
    def by(self) -> Actor:
        actor: Actor = current_user.actor
        return actor


@backoffice.get("/customers/<int:customer_id>/files/<int:file_id>")
@requires(Permission.READ_ACCOUNTS)
def file(customer_id: int, file_id: int) -> Response:
    found = files.find(merges.family(customer_or_404(customer_id).id), file_id) or abort(404)
    return given_out(found.content, found.kind.mime, found.name)
