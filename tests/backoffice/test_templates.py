"""Reminders on their pages: written, looked at, approved, published, and nothing typed is lost."""

import io
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader

from commandline.demo import reminders
from models import company, staff
from models.dunning import sequences, templates
from models.policies.permissions import Role
from models.transactions import transaction
from tests.conftest import NOW
from tests.making import Maker

AsRole = Callable[[Role], FlaskClient]
HOSTILE = '<a hx-get="/hostile">Free</a>'


@pytest.fixture
def in_use(people: dict[Role, int]) -> None:
    with transaction():
        company.locked().law_firm = "Law & Sons\nMain Street 1"
        counsel, manager = (staff.principal(staff.find(people[role])) for role in (Role.COUNSEL, Role.MANAGER))
        reminders.put_in_use(counsel, manager, now=NOW)


def template_id(key: str) -> int:
    return next(one.id for one in templates.every() if one.key == key)


def typed(client: FlaskClient, address: str) -> dict[str, str]:
    """What a form holds, as a browser would send it back."""
    page = client.get(address).text
    fields = dict(re.findall(r'<input[^>]* name="(steps-[^"]+)"[^>]* value="([^"]*)"', page))
    fields |= {name: "" for name in re.findall(r'<input[^>]* name="(steps-[^"]+)"', page) if name not in fields}
    for name, options in re.findall(r'<select[^>]* name="(steps-[^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        fields[name] = re.search(r'selected value="([^"]*)"', options)[1]
    return fields


def test_words_go_from_a_draft_through_counsel_into_use(in_use: None, as_role: AsRole) -> None:
    number = template_id("after_7")
    address = f"/staff/reminders/templates/{number}"
    desk = as_role(Role.FINANCE)
    assert desk.post(f"{address}/draft").location == f"{address}/2"
    missing = {"subject": "Kept as typed", "body": "Pay {summ}", "button": "See"}
    answer = desk.post(f"{address}/2/lt", data=missing)
    assert answer.status_code == 422
    for said in ("Kept as typed", "There is nothing called {summ}.", "The message needs {link}."):
        assert said in answer.text
    good = {
        "subject": "{total_due}",
        "body": f"{HOSTILE}\r\n\r\n{{items}}\r\n\r\n{{link}}\r\n\r\n{{help}}",
        "button": "A",
    }
    assert desk.post(f"{address}/2/lt", data=good).status_code == 303
    assert HOSTILE not in desk.get(f"{address}/2/preview?language=lt").text
    assert desk.post(f"{address}/2/send").status_code == 303
    assert desk.post(f"{address}/2/lt", data=good).status_code == 409
    counsel = as_role(Role.COUNSEL)
    assert counsel.get("/staff/").location == "/staff/reminders"
    page = counsel.get(f"{address}/2?language=lt").text
    assert "<ins>" in page
    assert "<del>" in page
    assert "Differs from what is in use in: Lietuvių" in page
    answer = counsel.post(f"{address}/2/review", data={"decision": "send_back"})
    assert (answer.status_code, "Say what has to change" in answer.text) == (422, True)
    assert counsel.post(f"{address}/2/review", data={"decision": "approve"}).status_code == 303
    assert templates.live()[number].number == 2
    assert "The counsel" in counsel.get(f"{address}/2").text


def test_steps_are_added_moved_and_removed_by_buttons_that_keep_what_was_typed(in_use: None, as_role: AsRole) -> None:
    desk = as_role(Role.FINANCE)
    assert desk.post("/staff/reminders/sequences/1/draft").status_code == 303
    address = "/staff/reminders/sequences/1/2/steps"
    before = sequences.live()[0].sequence.steps

    def steps() -> list[tuple[int, int]]:
        version = sequences.version(1, 2)
        return [(step.id, step.days) for step in sequences.at_version(version.id).steps]

    fields = typed(desk, address)
    assert desk.post(address, data={**fields, "do": "save"}).status_code == 303
    assert steps() == [(step.id, step.days) for step in before]
    answer = desk.post(address, data={**fields, "steps-1-days": "6", "do": "down-1"})
    assert answer.location == f"{address}#step-3"
    assert steps()[1:3] == [(before[2].id, -4), (before[1].id, -6)]
    desk.post(address, data={**typed(desk, address), "do": "remove-0"})
    desk.post(address, data={**typed(desk, address), "do": "add"})
    assert [days for _, days in steps()] == [-4, -6, -1, 1, 7, 14, 30, 37, 47, 51, 65, 7]
    answer = desk.post(address, data={**typed(desk, address), "steps-0-days": "soon", "do": "add"})
    assert answer.status_code == 422
    assert 'value="soon"' in answer.text
    assert len(steps()) == 12
    # A page that was opened before all that says by id which step it means.
    desk.post(address, data={**fields, "do": "save"})
    assert steps() == [(step.id, step.days) for step in before]


def test_a_sequence_waits_among_the_approvals_until_a_second_person_publishes_it(in_use: None, as_role: AsRole) -> None:
    address = "/staff/reminders/sequences/1/2"
    desk = as_role(Role.FINANCE)
    desk.post("/staff/reminders/sequences/1/draft")
    desk.post(f"{address}/steps", data={**typed(desk, f"{address}/steps"), "steps-1-days": "6", "do": "save"})
    desk.post(f"{address}/send")
    assert as_role(Role.COUNSEL).post(f"{address}/review", data={"decision": "approve"}).status_code == 303
    own = as_role(Role.FINANCE)
    assert address in own.get("/staff/approvals").text
    answer = own.post(f"{address}/publish", data={"decision": "publish"})
    assert (answer.status_code, "somebody else has to decide" in answer.text) == (422, True)
    manager = as_role(Role.MANAGER)
    assert "Look at it and publish" in manager.get("/staff/approvals").text
    assert manager.post(f"{address}/publish", data={"decision": "publish"}).status_code == 303
    assert sequences.live()[0].sequence.number == 2
    assert address not in manager.get("/staff/approvals").text


def test_a_preview_shows_a_real_customer_to_those_who_may_see_one(in_use: None, as_role: AsRole, make: Maker) -> None:
    customer = make.customer(HOSTILE)
    make.invoice(customer, 64_000, number="INV-77312")
    address = f"/staff/reminders/templates/{template_id('after_1')}/1/preview?language=el&customer={customer.number}"
    desk = as_role(Role.FINANCE)
    page = desk.get(address).text
    assert "640,00" in page
    assert "…7312" in page
    assert "Λήξη</th>" in page
    assert HOSTILE not in page
    assert "No customer with this number has anything open" in desk.get(address + "9").text
    assert "…7312" not in as_role(Role.COUNSEL).get(address).text
    letter = f"/staff/reminders/templates/{template_id('final')}/1/preview.pdf?case=longest&language=fa"
    assert as_role(Role.COUNSEL).get(letter).data.startswith(b"%PDF")


def test_an_agreement_is_looked_at_with_a_plan_its_facts_and_its_payments(in_use: None, as_role: AsRole) -> None:
    desk, address = as_role(Role.COUNSEL), f"/staff/reminders/templates/{template_id('plan_transfer')}/1/preview"
    page = desk.get(f"{address}?language=pl")
    assert page.status_code == 200
    for said in ("P-1234", "1\xa0924,50", "Najważniejsze"):
        assert said in page.text, said
    assert page.text.count("320,75") >= 6, "each of its payments"
    arrives = page.text.partition("arrives")[2].partition("</section>")[0]
    assert ("{" in arrives, "Open items" in arrives) == (False, False)
    paper = desk.get(f"{address}.pdf?language=fa&case=longest")
    assert (paper.status_code, paper.data[:5]) == (200, b"%PDF-")
    assert len(PdfReader(io.BytesIO(paper.data)).pages) > 1
