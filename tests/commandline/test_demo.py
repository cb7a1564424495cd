"""`flask demo`: a company with everything that was built so far, sound to the cent, the same for the same seed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import create_engine, text

import standin
from app import create_app
from commandline.demo import history
from models import clock, company, customers, database, plans
from models.database import session
from models.gateways.stripe import StripeGateway
from models.reports.verify import verify
from runtime.settings import Settings
from tests.conftest import NOW, TODAY
from tests.databases import new_database

SECRET = "d41d8cd98f00b204e9800998ecf8427e"
NOBODY = "http://127.0.0.1:9"  # Not the stand-in of a house that is being tried beside the tests.
SMALL = ("--customers", "25", "--seed", "3", "--as-of", TODAY.isoformat())
Demo = Callable[..., Result]


@pytest.fixture
def demo(app: Flask, flask: Callable[..., Result]) -> Demo:
    return lambda *words: flask(app, "demo", *words)


def rows(query: str) -> list[tuple[object, ...]]:
    session.rollback()
    return [tuple(row) for row in session.execute(text(query))]


def number(query: str) -> int:
    return int(rows(query)[0][0])


STATES = {
    "an overpaid receipt": "entries where kind = 'receipt' and unapplied_minor > 0 and customer_id > 0",
    "money without a name": "entries where customer_id = 0 and unapplied_minor > 0",
    "a part payment": "entries where open_minor between 1 and amount_minor - 1 and kind = 'invoice'",
    "an allocation taken back": "allocations where reverses_id is not null",
    "a chargeback": "entries where kind = 'chargeback'",
    "a debit that was returned": "chargebacks where state = 'lost'",
    "a dispute that is open": "chargebacks where state = 'open'",
    "a dispute that was won": "chargebacks where state = 'won'",
    "a refund through Stripe": "refunds where state = 'succeeded'",
    "a refund that failed": "refunds where state = 'failed'",
    "a write-off": "entries where kind = 'write_off'",
    "a refund": "entries where kind = 'refund'",
    "a decision that waits": "approvals where decided_at is null",
    "a merge": "merges where undone_at is null",
    **{
        f"a promise that is {state}": f"promises where state = '{state}'"
        for state in ("open", "kept", "broken", "withdrawn")
    },
    **{
        f"a claim that is {state}": f"claims where state = '{state}'"
        for state in ("open", "settled", "lapsed", "closed")
    },
    **{
        f"a hold of kind {kind}": f"holds where kind = '{kind}' and ended_at is null"
        for kind in (
            "promise",
            "already_paid",
            "not_ours",
            "pause",
            "hardship",
            "breathing_space",
            "cease_contact",
            "wrong_address",
            "legal_representative",
        )
    },
    "a run of reminders": "reminder_runs where finished_at is not null and not refused",
    "a reminder that went": "messages where kind = 'reminder' and state = 'sent'",
    "a letter that went": "messages where channel = 'letter' and state = 'sent'",
    "an opt-out": "opt_outs where ended_at is null",
    "a note": "notes",
    "nobody's invoice": "customers c where id > 0 and not exists (select from entries e where e.customer_id = c.id)",
}
ONCE = {
    **{
        f"a case that is {state}": f"disputes where state = '{state}'"
        for state in ("new", "looking", "waiting_customer", "waiting_department", "decided", "closed", "withdrawn")
    },
    "a case whose answer is late": "disputes where state = 'looking' and escalated_at is not null",
    "a case that was disagreed with": "disputes where state = 'looking' and appealed_on is not null",
    **{
        f"an answer that is {outcome}": f"dispute_decisions where state = 'final' and outcome = '{outcome}'"
        for outcome in ("upheld", "in_part", "refused")
    },
    "an answer that waits": "dispute_decisions where state = 'waiting'",
    "a credit of what was paid": "dispute_decisions d join entries e on e.id = d.entry_id and e.unapplied_minor > 0",
    **{f"goods that are {state}": f"goods_returns where state = '{state}'" for state in ("offered", "received")},
    **{
        f"a plan that is {state}": f"plans where state = '{state}'"
        for state in ("draft", "requested", "offered", "active", "completed", "defaulted", "cancelled")
    },
    **{
        f"a payment of a plan by {kind}": f"attempts a join saved_methods m on m.customer_id = a.customer_id"
        f" and m.id = a.method_id where a.instalment_id is not null and a.state = 'succeeded' and m.kind = '{kind}'"
        for kind in ("card", "sepa_debit")
    },
    "a payment of a plan that is missed": "instalments i join plans p on p.customer_id = i.customer_id"
    " and p.id = i.plan_id where p.state = 'active' and i.state = 'missed'",
    "a payment that waits for the customer's bank": "instalments where waits_for_customer",
    "plan rules that are written": "plan_policies where state = 'draft'",
    "plan rules in force": "plan_policies where state = 'published'",
    "a department's answer": "dispute_questions where answered_at is not null",
    "a photo": "files where kind = 'jpeg' and about like 'disputes:%'",
    "a paper": "files where kind = 'pdf' and about like 'disputes:%'",
    "a rule": "assignment_rules",
    "an absence": "absences",
    "an alert that waits": "complaint_alerts where state = 'open'",
    **{
        f"an action that is {state}": f"corrective_actions where state = '{state}'"
        for state in ("proposed", "agreed", "in_work", "done", "verified", "failed", "dropped")
    },
}


@pytest.fixture
def till(app: Flask, tmp_path: Path) -> Iterator[standin.Running]:
    """Stripe's stand-in, as it runs beside a house that is tried."""
    own = app.extensions["settings"]
    with standin.running(tmp_path / "till", api_key=own.stripe_key) as till:
        app.extensions["settings"] = replace(own, stripe_api_base=till.url)
        yield till


def assert_plans_are_charged_on(till: standin.Running) -> None:
    """On the next days of the plans that the demo began."""
    gateway = StripeGateway("sk_test_duewell", ["whsec_tests"], till.url)
    for days in (0, 27, 30):
        plans.tend(TODAY + timedelta(days=days), now=NOW + timedelta(days=days))
    later = NOW + timedelta(days=30)
    assert plans.charge(later.date(), gateway=gateway, now=lambda: later) >= 2
    became = rows(f"select state, decline_code from attempts where kind = 'off_session' and asked_at = '{later}'")
    assert set(became) == {("succeeded", ""), ("processing", ""), ("failed", "authentication_required")}


def test_the_demo_shows_every_state_twice_and_proves_itself(demo: Demo, app: Flask, till: standin.Running) -> None:
    result = demo(*SMALL)
    assert result.exit_code == 0, result.output
    link = result.stdout.split()[1]
    assert link.startswith("http://localhost/l/")
    browser = app.test_client()
    browser.get(link.removeprefix("http://localhost"))
    assert browser.post("/open").status_code == 303
    assert "€" in browser.get("/statement").text
    seen = {state: number(f"select count(*) from {where}") for state, where in STATES.items()}
    assert {state: count for state, count in seen.items() if count < 2} == {}
    once = {state: number(f"select count(*) from {where}") for state, where in ONCE.items()}
    assert [state for state, count in once.items() if not count] == []
    assert len(rows("select distinct language from disputes")) == 6
    cafés = "select d.state from disputes d join contacts c on c.id = d.contact_id where c.email like 'finansai@%'"
    assert {row[0] for row in rows(cafés)} == {"waiting_customer", "decided"}
    assert verify(now=clock.now()).broken == []
    per_customer = "select count(*) from entries where open_minor > 0 group by customer_id, currency"
    assert number(f"select max(count) from ({per_customer}) as counted") >= 500
    assert number("select max(n) from (select count(distinct currency) n from entries group by customer_id) c") == 3
    assert number("select max(length(name)) from customers") >= 80
    assert number("select count(distinct customer_id) from contacts where email = 'finansai@gintaras.example'") > 1
    assert {row[0] for row in rows("select distinct language from customers where id > 0")} >= {
        "lt",
        "el",
        "pl",
        "cs",
        "fa",
        "en",
    }
    assert {row[0] for row in rows("select role from staff")} == {
        *("collector", "clerk", "finance", "counsel", "manager", "admin"),
    }
    assert (company.get().name, company.get().is_demo) == ("Baltic Supply UAB", True)
    assert_plans_are_charged_on(till)


def test_a_filled_house_is_left_alone(demo: Demo, app: Flask, make: object) -> None:
    make.customer()
    refused = demo()
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "needs an empty installation" in refused.stderr
    assert (demo("--if-empty").exit_code, customers.count(), company.get().is_demo) == (0, 1, False)


@pytest.mark.usefixtures("engine")
def test_production_has_no_demo(flask: Callable[..., Result], database_url: str, tmp_path: Path) -> None:
    bound = session.get_bind()
    told = {
        "HOME": str(tmp_path),
        "DATABASE_URL": database_url,
        "URL": "https://pay.example.test",
        "SECRET_KEY": SECRET,
    }
    app = create_app(Settings.read({f"DUEWELL_{name}": value for name, value in told.items()}))
    session.get_bind().dispose()
    session.remove()
    database.session.configure(bind=bound)
    for words in ((), ("--where",)):
        refused = flask(app, "demo", *words)
        assert (refused.exit_code, refused.stdout) == (1, "")
    assert customers.count() == 0


SHAPE = """
select c.number, c.name, c.country, e.kind, e.currency, e.amount_minor,
       (date '{day}' - e.effective_on), (date '{day}' - e.due_on), e.open_minor, e.unapplied_minor
from entries e join customers c on c.id = e.customer_id order by c.number, c.name, e.id
"""


@pytest.fixture
def shape_of(flask: Callable[..., Result], tmp_path: Path) -> Iterator[Callable[[int, date], list[object]]]:
    """What a demo of this seed and day consists of, in a database of its own; days are counted back from the day."""

    def build(seed: int, day: date) -> list[object]:
        with new_database() as url:
            told = {"HOME": str(tmp_path), "EMBEDDED_URL": url, "SECRET_KEY": SECRET, "STRIPE_API_BASE": NOBODY}
            app = create_app(Settings.read({f"DUEWELL_{name}": value for name, value in told.items()}))
            flask(app, "demo", "--customers", "3", "--seed", str(seed), "--as-of", day.isoformat())
            database.session.get_bind().dispose()
            engine = create_engine(url)
            with engine.connect() as connection:
                found = [tuple(row) for row in connection.execute(text(SHAPE.format(day=day)))]
            engine.dispose()
        return found

    yield build
    database.session.remove()


def test_names_and_amounts_follow_the_seed_and_dates_the_day_alone(
    shape_of: Callable[[int, date], list[object]],
) -> None:
    shape = shape_of(1, TODAY)
    assert len(shape) > 500
    assert shape_of(1, TODAY - timedelta(days=400)) == shape


def test_another_seed_is_another_company(tmp_path: Path) -> None:
    files = []
    for seed in (1, 1, 2):
        history.write(tmp_path / "invoices.csv", Random(seed), 3, TODAY)
        files.append((tmp_path / "invoices.csv").read_bytes())
    assert files[0] == files[1] != files[2]
