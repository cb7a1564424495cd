"""Tasks at the desk: a list, a page for each, a call that is written down."""

import re
from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient

from models import audit, clock, company, pauses, worklist
from models.customers import Customer
from models.holds import HoldKind
from models.transactions import transaction
from models.worklist import TaskKind
from tests.backoffice.reading import error_at, errors_above, shown, value_of
from tests.conftest import NOW, TODAY
from tests.making import Maker


def added(customer: Customer, kind: TaskKind) -> str:
    """The address of its page."""
    with transaction():
        task_id = worklist.add(customer.id, kind, about="tests:1", now=NOW, due_on=TODAY)
    return f"/staff/customers/{customer.id}/tasks/{task_id}"


def test_a_task_is_found_done_and_gone_from_the_list(desk: FlaskClient, make: Maker) -> None:
    page = added(make.customer("Žalias Namas UAB"), TaskKind.HAND_OVER)
    assert "Decide about handing over" in shown(desk.get("/staff/tasks"))
    assert "Decide about handing over" not in shown(desk.get("/staff/tasks?kind=call")).partition("Open tasks")[2]
    assert error_at(desk.post(page, data={"note": " "}), "note") == "Write down what came of it."
    assert desk.post(page, data={"note": "They pay on Friday"}).status_code == 303
    assert "Nothing to do here" in shown(desk.get("/staff/tasks"))
    assert "They pay on Friday" in shown(desk.get(page))
    assert errors_above(desk.post(page, data={"note": "Twice"})) == [
        "This has changed in the meantime. Please look at it again."
    ]


def test_a_task_is_taken_and_given_back(desk: FlaskClient, make: Maker) -> None:
    page = added(make.customer(), TaskKind.NOT_OURS)
    me = re.search(r'value="(\d+)">The finance', desk.get(page).text)[1]
    assert desk.post(f"{page}/owner", data={"owner": me}).status_code == 303
    assert "The finance" in shown(desk.get("/staff/tasks?whose=mine"))
    assert desk.post(f"{page}/owner", data={"owner": ""}).status_code == 303
    assert "Nothing to do here" in shown(desk.get("/staff/tasks?whose=mine"))
    assert desk.post(f"{page}/owner", data={"owner": "987654"}).status_code == 422


def test_a_call_keeps_what_was_typed_until_it_can_be_kept(desk: FlaskClient, make: Maker) -> None:
    customer = make.customer()
    page = added(customer, TaskKind.CALL)
    answer = desk.post(page, data={"outcome": "no_answer", "note": "Rang ten times"})
    assert error_at(answer, "again_on") == "Choose a day to try again, within 30 days."
    assert value_of(answer, "note") == "Rang ten times"
    typed = {"outcome": "no_answer", "note": "Rang ten times", "again_on": str(TODAY + timedelta(days=2))}
    assert desk.post(page, data=typed).status_code == 303
    assert error_at(desk.post(page, data={"outcome": "spoke"}), "note") == "Write down what was said."
    assert desk.post(page, data={"outcome": "something_wrong", "note": "Two boxes broken"}).status_code == 303
    promised = desk.post(page.replace("/tasks/1", "/calls/new"), data={"outcome": "promise", "note": "On Friday"})
    assert promised.location.endswith(f"/staff/customers/{customer.id}/promises/new")
    timeline = shown(desk.get(f"/staff/customers/{customer.id}/timeline"))
    assert "Call: they say something is wrong" in timeline
    assert "Two boxes broken" in timeline
    assert "Something is wrong for the customer" in shown(desk.get(f"/staff/customers/{customer.id}/tasks"))


def at_the_clock(moment: datetime) -> None:
    with transaction():
        company.locked().clock_offset_seconds = round((moment - clock.real_now()).total_seconds())


def test_who_may_not_be_called_now_is_not_dialled_and_a_call_that_was_made_says_so(
    desk: FlaskClient, make: Maker
) -> None:
    customer = make.customer(country="LT", kind="business")
    make.contact(customer, phone="+370 600 00000")
    page = f"/staff/customers/{customer.id}/calls/new"
    spoke = {"outcome": "spoke", "note": "They pay on Friday"}
    at_the_clock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    assert "tel:+37060000000" in desk.get(page).text
    assert desk.post(page, data=spoke).status_code == 303
    told = desk.get(page)
    assert "tel:" not in told.text
    assert "We spoke with them on 23 Nov 2026, and do not call again within 7 days." in shown(told)
    assert "The next call may be made from 30 Nov 2026, 08:00" in shown(told)
    desk.post(page, data={**spoke, "outcome": "no_answer"})
    assert [call.outside for call in worklist.calls_of(customer.id)] == ["conversation", ""]
    assert "Outside the limits" in shown(desk.get(page))
    at_the_clock(datetime(2026, 12, 6, 9, tzinfo=UTC))  # A Sunday.
    assert "outside the hours and weekdays" in shown(desk.get(page))
    assert "The next call may be made from 7 Dec 2026, 08:00" in shown(desk.get(page))
    with transaction():
        pauses.place(customer.id, HoldKind.CEASE_CONTACT, "By letter", by=audit.COMMAND, on=TODAY, now=NOW)
    assert "The customer told us to stop contacting them." in shown(desk.get(page))
    assert "The next call" not in shown(desk.get(page))
