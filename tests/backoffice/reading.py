"""What a page says: beside its fields, above its form, in its inputs."""

import re
from html import unescape

from sqlalchemy import text
from werkzeug.test import TestResponse

from models.database import session


def error_at(answer: TestResponse, field: str) -> str:
    """What stands beside a field; the answer must be a form that is shown again."""
    assert answer.status_code == 422, answer.status_code
    found = re.search(rf'id="{re.escape(field)}-error">(.*?)</p>', answer.text)
    return unescape(found[1]) if found else ""


def errors_above(answer: TestResponse) -> list[str]:
    """The summary, which has the focus."""
    assert answer.status_code == 422, answer.status_code
    summary = re.search(r'<div class="errors"[^>]* autofocus>(.*?)</div>', answer.text, re.DOTALL)
    assert summary, "no summary of errors"
    return [unescape(re.sub(r"<[^>]+>", "", line)).strip() for line in re.findall(r"<li>.*?</li>", summary[1])]


def value_of(answer: TestResponse, field: str) -> str:
    """What an input or a text area holds."""
    for tag in re.findall(r"<input[^>]*>", answer.text):
        if f'name="{field}"' in tag and not ('type="radio"' in tag and " checked" not in tag):
            found = re.search(r'value="([^"]*)"', tag)
            return unescape(found[1]) if found else ""
    area = re.search(rf'<textarea[^>]*name="{re.escape(field)}"[^>]*>\s*(.*?)</textarea>', answer.text, re.DOTALL)
    assert area, f"no field {field}"
    return unescape(area[1])


def shown(answer: TestResponse) -> str:
    """The text of the page's main part, spaces single."""
    assert answer.status_code == 200, answer.status_code
    main = answer.text.partition('<main id="main">')[2] or answer.text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def events(customer_id: int) -> list[str]:
    """What the audit stream holds, in order."""
    query = text("select action from audit_events where customer_id = :id order by seq")
    return list(session.scalars(query, {"id": customer_id}))
