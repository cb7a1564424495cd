"""Files that a customer adds to a form: looked over one by one, those that are fine are kept whatever else is wrong."""

from collections.abc import Sequence

from flask import Response, abort, current_app, request
from flask_login import current_user
from werkzeug.datastructures import FileStorage
from wtforms import MultipleFileField

from frame.files import given_out
from frame.forms import OurForm, row_id
from models import clock, files, words
from models.customers import merges
from models.errors import N_, Refused
from models.files import MOST_BYTES, Checked, File, TooManyFiles
from models.transactions import release, transaction
from portal import portal
from portal.principal import account_of


class WithFiles(OurForm):
    """
    A form with files. `kept` are those that are fine; they stay where they are when the form comes back. `purpose`:
    of a draft, so that files of one form are not sent with another. `hint` and the field's label say what to add.
    """

    purpose = "claim"
    hint = N_(
        "A photo or a PDF of the bank's confirmation, for example: up to 10 files of 10 MB. We remove from photos where"
        " they were taken."
    )
    files = MultipleFileField(N_("Proof of the payment"))
    kept: Sequence[File] = ()
    refused: Sequence[str] = ()

    def take(self) -> None:
        """Keep what was added, remove what is to be removed. What could not be kept is in `refused`."""
        if request.method == "POST":
            chosen = [one for one in request.files.getlist("files") if one.filename]
            self.refused = _kept_or_refused(chosen, self.purpose)
            _remove_asked()
        self.look()

    def look(self) -> None:
        """What was kept before."""
        self.kept = files.drafts(current_user.customer_id, current_user.contact_id, self.purpose)

    @property
    def is_sent(self) -> bool:
        """Whether the form itself was sent, and not only files added or removed."""
        return request.method == "POST" and not {"add", "remove"} & request.form.keys()

    def blame_files(self) -> None:
        for sentence in self.refused:
            self.blame("files", sentence)


@portal.get("/files/<int:file_id>")
def file(file_id: int) -> Response:
    """Of the reader's account, or of one that is read as part of it."""
    found = files.find(merges.family(current_user.customer_id), file_id) or abort(404)
    return given_out(found.content, found.kind.mime, found.name)


def _kept_or_refused(uploads: Sequence[FileStorage], purpose: str) -> Sequence[str]:
    """One sentence for each file that could not be kept. No transaction is open while they are looked at."""
    refused = []
    for upload in uploads:
        release()
        try:
            content = upload.stream.read(MOST_BYTES + 1)
            _keep(files.check(upload.filename, content, current_app.extensions["scanner"]), purpose)
        except TooManyFiles as refusal:
            return [*refused, words.explain(refusal)]
        except Refused as refusal:
            refused.append(words.explain(refusal))
    return refused


def _keep(checked: Checked, purpose: str) -> None:
    with transaction():
        _, contact = account_of(current_user)
        files.keep(contact, checked, purpose=purpose, by=current_user.actor, now=clock.now())


def _remove_asked() -> None:
    for file_id in request.form.getlist("remove", type=row_id):
        with transaction():
            _, contact = account_of(current_user)
            files.remove_draft(contact, file_id, by=current_user.actor, now=clock.now())
