"""`flask remind` and `flask letters`, as somebody types them."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from click.testing import Result
from flask import Flask

from commandline.demo import reminders as demo
from models import audit, clock, company, messages, staff
from models.policies.permissions import Role
from models.staff import StaffState
from models.transactions import transaction
from tests.making import Maker, day_of


def test_a_run_says_what_it_did_and_a_second_one_does_nothing(
    app: Flask, flask: Callable[..., Result], tmp_path: Path
) -> None:
    now = clock.real_now()
    today = day_of(now)
    tuesday = today + timedelta(days=8 - today.weekday())  # In the next week: its mails wait until then.
    old = Maker(now - timedelta(days=60))
    with transaction():
        company.locked().law_firm = "Teisė ir Ko"
        counsel, manager = (
            staff.principal(
                staff.add(email=f"{role}@x.test", role=role, state=StaffState.ACTIVE, by=audit.COMMAND, now=now)
            )
            for role in (Role.COUNSEL, Role.MANAGER)
        )
        demo.put_in_use(counsel, manager, now=now - timedelta(days=50))
    customer = old.customer(country="ZZ", timezone="Europe/Vilnius", address="Street 1", kind="business")
    old.contact(customer)
    old.invoice(customer, due_on=tuesday - timedelta(days=8))
    asked = ("--as-of", tuesday.isoformat(), "--format", "json")
    dry = json.loads(flask(app, "remind", "--dry-run", *asked).stdout)
    assert dry["who"] == [{"customer": "1001", "channel": "email", "step": 6, "totals": ["EUR 120.00"]}]
    assert messages.outbox(customer.id) == []
    first = json.loads(flask(app, "remind", *asked).stdout)
    assert (first["customers"], first["email"], first["lines"]) == (1, 1, 1)
    again = json.loads(flask(app, "remind", *asked).stdout)
    assert (again["email"], again["lines"], len(messages.outbox(customer.id))) == (0, 0, 1)
    assert flask(app, "letters", str(first["run"]), str(tmp_path / "letters")).stdout == "0\n"
    assert flask(app, "letters", "987", str(tmp_path / "none")).exit_code == 1
    with transaction():
        company.locked().bank_money_until = tuesday - timedelta(days=8)
    refused = flask(app, "remind", "--as-of", (tuesday + timedelta(days=1)).isoformat())
    assert (refused.exit_code, refused.stdout) == (1, "")
