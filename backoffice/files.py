"""What customers handed in: staff who may read the account may save it."""

from flask import Response, abort

from backoffice import backoffice, requires
from backoffice.customers import customer_or_404
from frame.files import given_out
from models import files
from models.customers import merges
from models.policies.permissions import Permission


@backoffice.get("/customers/<int:customer_id>/files/<int:file_id>")
@requires(Permission.READ_ACCOUNTS)
def file(customer_id: int, file_id: int) -> Response:
    found = files.find(merges.family(customer_or_404(customer_id).id), file_id) or abort(404)
    return given_out(found.content, found.kind.mime, found.name)
