"""Files added to a form: looked over one by one, those that are fine are kept whatever else is wrong."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from flask import Flask, current_app, request
from flask_login import current_user
from werkzeug.datastructures import FileStorage
from wtforms import MultipleFileField

from frame.forms import OurForm, row_id
from models import clock, files, words
from models.audit import Actor
from models.errors import N_, Refused
from models.files import MOST_BYTES, MOST_FILES, File, TooManyFiles, Tray
from models.transactions import pause, transaction

LARGEST_FORM = 2 * 1024 * 1024
LARGEST_WITH_FILES = (MOST_FILES + 1) * MOST_BYTES  # Ten files and the form around them.
View = TypeVar("View", bound=Callable[..., object])


class WithFiles(OurForm):
    """
    A form with files, on a view that `takes_files`. They lie in the `tray` until the form is sent, and stay there when
    it comes back. `kept` are those that are fine. `hint` and the field's label say what to add.
    """

    hint = N_("Up to 10 files of 10 MB: photos or PDF. We remove from photos where they were taken.")
    files = MultipleFileField(N_("Photos and papers"))
    tray: Tray
    by: Actor
    kept: Sequence[File] = ()
    refused: Sequence[str] = ()

    def take(self) -> None:
        """Keep what was added, remove what is to be removed. What could not be kept is in `refused`."""
        if request.method == "POST":
            self.refused = self._kept_or_refused([one for one in request.files.getlist("files") if one.filename])
            for file_id in request.form.getlist("remove", type=row_id):
                with transaction():
                    files.remove_draft(self.tray, file_id, by=self.by, now=clock.now())
        self.look()

    def look(self) -> None:
        """What was kept before."""
        self.kept = files.drafts(self.tray)

    @property
    def is_sent(self) -> bool:
        """Whether the form itself was sent, and not only files added or removed."""
        return request.method == "POST" and not {"add", "remove"} & request.form.keys()

    def is_ready(self) -> bool:
        """Take the files, and say whether all of it can be acted on."""
        self.take()
        ready = self.is_sent and self.validate()
        self.blame_files()
        return ready and not self.errors

    def blame_files(self) -> None:
        for sentence in self.refused:
            self.blame("files", sentence)

    def hand_in(self, customer_id: int, about: str) -> None:
        files.hand_in(self.tray, customer_id, about, by=self.by, now=clock.now())

    def _kept_or_refused(self, uploads: Sequence[FileStorage]) -> Sequence[str]:
        """One sentence for each file that could not be kept. No transaction is open while they are looked at."""
        refused: list[str] = []
        for upload in uploads:
            pause()
            try:
                content = upload.stream.read(MOST_BYTES + 1)
                checked = files.check(upload.filename, content, current_app.extensions["scanner"])
                with transaction():
                    files.keep(self.tray, checked, by=self.by, now=clock.now())
            except TooManyFiles as refusal:
                return [*refused, words.explain(refusal)]
            except Refused as refusal:
                refused.append(words.explain(refusal))
        return refused


def somebody_signed_in() -> bool:
    return bool(current_user.is_authenticated)


def takes_files(whose: Callable[[], bool] = somebody_signed_in) -> Callable[[View], View]:
    """
    Marks a view whose form may be as large as ten files; every other form is small. Nobody knows yet whether the
    request will be let in: `whose` says whether it comes from somebody who may send files at all.
    """

    def mark(view: View) -> View:
        view.takes_files = whose
        return view

    return mark


def install(app: Flask) -> None:
    """Before anything reads a form."""
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM

    @app.before_request
    def let_files_in() -> None:
        may_send = getattr(app.view_functions.get(request.endpoint or ""), "takes_files", None)
        if request.method == "POST" and may_send is not None and may_send():
            request.max_content_length = LARGEST_WITH_FILES
