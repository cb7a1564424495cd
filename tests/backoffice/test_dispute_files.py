"""Files of a case: both ways between customer and staff, from a department by its link, and to nobody else."""

import io
import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models import causes, disputes, files
from models.database import session
from models.disputes import Dispute
from models.files import File
from models.reports.verify import verify
from tests.backoffice.reading import shown
from tests.backoffice.test_disputes import cause as cause
from tests.backoffice.test_disputes import clerk as clerk
from tests.backoffice.test_disputes import customer as customer
from tests.backoffice.test_disputes import item as item
from tests.backoffice.test_disputes import link_in_mail, page_of
from tests.backoffice.test_disputes import opened as opened
from tests.conftest import NOW
from tests.models.test_files import JPEG, SVG

Open = Callable[..., Dispute]


def photo(name: str, content: bytes = JPEG) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


def test_what_staff_send_with_their_words_the_customer_can_open_and_notes_they_cannot(
    clerk: FlaskClient, opened: Open
) -> None:
    dispute = opened()
    words = {"text": "Is it this one?", "files": [photo("bad.svg", SVG), photo("ours.jpg")]}
    refused = clerk.post(f"{page_of(dispute)}/write", data=words)
    assert refused.status_code == 422
    assert "We cannot take bad.svg." in refused.text
    assert "Is it this one?" in refused.text
    assert "Remove ours.jpg" in refused.text
    assert clerk.post(f"{page_of(dispute)}/write", data={"text": "Is it this one?"}).status_code == 303
    noted = {"note": "From the shelf", "files": [photo("shelf.jpg")]}
    assert clerk.post(f"{page_of(dispute)}/note", data=noted).status_code == 303
    session.rollback()
    by_name = {one.name: one for one in session.scalars(select(File).where(File.about != ""))}
    ours, shelf = by_name["ours.jpg"], by_name["shelf.jpg"]
    page = clerk.get(page_of(dispute))
    assert {"ours.jpg", "shelf.jpg"} <= set(re.findall(r"\w+\.jpg", page.text))
    family = [dispute.customer_id]
    assert files.find_shown(family, ours.id) is not None
    assert files.find_shown(family, shelf.id) is None, "what staff keep for themselves is on no page of a customer's"
    assert verify(now=NOW).broken == []


def test_a_department_sees_the_evidence_of_its_case_and_adds_its_own(
    clerk: FlaskClient, opened: Open, cause: int, app: Flask
) -> None:
    dispute = opened()
    clerk.post(f"{page_of(dispute)}/take", data={})
    asked = {"department": str(causes.find(cause).department_id), "text": "How did it leave?"}
    assert clerk.post(f"{page_of(dispute)}/ask", data=asked).status_code == 303
    link = link_in_mail("warehouse@example.test")
    stranger = app.test_client()
    answer = {"text": "It left whole.", "name": "Tomas", "files": [photo("left.jpg")]}
    assert stranger.post(link, data=answer).status_code == 303
    session.rollback()
    [note] = disputes.notes_of(dispute)
    [left] = files.of(dispute.customer_id, note.source)
    assert stranger.get(f"{link}/files/{left.id}").status_code == 200
    assert stranger.get(f"/question/somebody-elses/files/{left.id}").status_code == 404
    assert "left.jpg" in shown(clerk.get(page_of(dispute)))
    assert files.find_shown([dispute.customer_id], left.id) is None
    assert verify(now=NOW).broken == []
