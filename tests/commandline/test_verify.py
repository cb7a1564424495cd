"""`flask verify`: what it prints, and how it ends."""

import json
from datetime import UTC, datetime

from click.testing import Result
from flask import Flask
from sqlalchemy import Engine, text

from models import audit
from models.database import session
from models.transactions import transaction
from tests.making import Maker

INVARIANTS = {*(f"I{number}" for number in range(1, 18))}


def run(app: Flask, *arguments: str) -> Result:
    """The command binds the session to an engine of its own; the test goes on with the one before."""
    engine = session.get_bind()
    result = app.test_cli_runner().invoke(args=["verify", *arguments])
    session.configure(bind=engine)
    return result


def break_an_invoice(make: Maker, engine: Engine) -> tuple[str, int]:
    customer = make.customer()
    invoice = make.invoice(customer, 12_345, currency="KWD")
    with engine.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text("update entries set open_minor = 12344"))
    return customer.number, invoice.id


def test_whole_books_end_with_0_and_json_counts_what_was_looked_at(app: Flask, make: Maker) -> None:
    make.invoice(make.customer())
    result = run(app, "--format", "json")
    told = json.loads(result.stdout)
    assert result.exit_code == 0, result.output
    assert (told["ok"], told["broken"], set(told)) == (True, [], {"ok", "checked", "broken"})
    assert (set(told["checked"]), told["checked"]["I3"]) == (INVARIANTS, 1)


def test_broken_books_end_with_1_and_json_names_every_row(app: Flask, make: Maker, engine: Engine) -> None:
    _, invoice_id = break_an_invoice(make, engine)
    result = run(app, "--format", "json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["ok"]) == (1, False)
    assert {
        "invariant": "I3",
        "table": "entries",
        "id": f"1:{invoice_id}",
        "expected": "12.345",
        "found": "12.344",
    } in told["broken"]


def test_people_read_what_holds_and_what_is_broken(app: Flask, make: Maker, engine: Engine) -> None:
    whole = run(app)
    assert all(f"{name} " in whole.stdout for name in INVARIANTS)
    assert "BROKEN" not in whole.stdout
    _, invoice_id = break_an_invoice(make, engine)
    assert f"I3 entries 1:{invoice_id}: expected 12.345, found 12.344" in run(app).stdout


def test_one_customer_is_named_by_number(app: Flask, make: Maker, engine: Engine) -> None:
    broken, _ = break_an_invoice(make, engine)
    whole = make.customer().number
    assert run(app, "--customer", broken).exit_code == 1
    assert run(app, "--customer", whole).exit_code == 0
    unknown = run(app, "--customer", "nobody")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "There is no customer nobody." in unknown.stderr


def test_the_seal_file_of_the_house_is_compared(app: Flask, make: Maker) -> None:
    make.customer()
    folder = app.extensions["settings"].home / "seals"
    with transaction():
        audit.seal(now=datetime(2026, 11, 22, tzinfo=UTC))
    audit.export_seals(folder)
    assert run(app).exit_code == 0
    (folder / audit.SEAL_FILE).write_text('{"seq":1}\n')
    assert "audit_seal.jsonl 1: expected" in run(app).stdout
