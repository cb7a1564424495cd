"""`flask clock`, `upgrade`, `doctor`, `sweep`: the house itself."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import Engine, create_engine, text

from app import create_app
from models import audit, clock, company, database, schema, staff
from models.policies.permissions import Role
from models.staff import StaffState
from models.transactions import transaction
from runtime.settings import Settings
from standin import server as standin
from tests.conftest import NOW

SECRET = "d41d8cd98f00b204e9800998ecf8427e"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def app(app: Flask) -> Iterator[Flask]:
    """As it is set up: nobody has moved the clock."""
    with transaction():
        company.move_clock(None)
    yield app
    clock.move(timedelta())


@pytest.fixture
def run(flask: Callable[..., Result]) -> Run:
    """Exit code, what was printed, what was said to people."""

    def run(app: Flask, *words: str) -> tuple[int, str, str]:
        result = flask(app, *words)
        return result.exit_code, result.stdout.strip(), result.stderr

    return run


@pytest.fixture
def opened(engine: Engine, tmp_path: Path) -> Callable[..., Flask]:
    """An app of its own on a database, with more settings; the test's session stays where it is."""

    def open_(url: str, **more: str) -> Flask:
        environ = {"HOME": str(tmp_path / "another"), "EMBEDDED_URL": url, "SECRET_KEY": SECRET}
        app = create_app(Settings.read({f"DUEWELL_{name}": value for name, value in (environ | more).items()}))
        database.session.get_bind().dispose()
        database.session.remove()
        database.session.configure(bind=engine)
        return app

    return open_


def production(url: str) -> dict[str, str]:
    return {"ENV": "production", "DATABASE_URL": url, "URL": "https://pay.example.test", "EMBEDDED_URL": ""}


# The clock


def ahead(answer: tuple[int, str, str]) -> float:
    """Days between the real time and the clock that the command shows."""
    code, out, _ = answer
    assert code == 0
    return round((datetime.fromisoformat(out) - datetime.now(UTC)).total_seconds() / 86_400, 2)


def test_the_clock_moves_both_ways_is_shown_and_is_set_right_again(run: Run, app: Flask) -> None:
    assert [ahead(run(app, "clock", *words)) for words in ([], ["+3d"], ["-12h"], ["30m"], [], ["0"], [])] == [
        *(0, 3, 2.5, 2.52, 2.52, 0, 0),
    ]


@pytest.mark.parametrize("by", ["tomorrow", "3", "+3w", "--3d", "+9999999d", "-4000d", "1e3d", ""])
def test_what_is_no_move_moves_nothing(run: Run, app: Flask, by: str) -> None:
    assert run(app, "clock", by)[0] == 2
    assert ahead(run(app, "clock")) == 0


def test_nobody_moves_the_clock_of_production(run: Run, opened: Callable[..., Flask], database_url: str) -> None:
    app = opened("", **production(database_url), STRIPE_KEY="sk_live_nobodys")
    code, out, said = run(app, "clock", "+3d")
    assert (code, out, "cannot be moved in production" in said) == (1, "", True)
    assert ahead(run(app, "clock")) == 0
    code, out, said = run(app, "charge", "--as-of", "2999-01-01")
    assert (code, out, "for a day that has not come" in said) == (1, "", True)


def test_stripe_s_stand_in_lives_in_the_same_time(
    run: Run, opened: Callable[..., Flask], database_url: str, tmp_path: Path
) -> None:
    with standin.running(tmp_path / "till") as till:
        app = opened(database_url, STRIPE_KEY="sk_test_standin", STRIPE_API_BASE=till.url)
        told = []
        for by in ("+3d", "-1d", "0"):
            assert run(app, "clock", by)[0] == 0
            told.append(round(till.control()["clock_offset_seconds"] / 86_400))
    assert told == [3, 2, 0]
    code, out, said = run(app, "clock", "+3d")
    assert (ahead((code, out, said)), "does not answer" in said) == (3, True)


# The schema


@pytest.fixture
def empty_database(database_url: str) -> Iterator[str]:
    server = create_engine(database_url, isolation_level="AUTOCOMMIT")
    name = f"empty_{server.url.database}"
    with server.connect() as connection:
        connection.execute(text(f"create database {name} template template0"))
    yield server.url.set(database=name).render_as_string(hide_password=False)
    database.session.remove()
    with server.connect() as connection:
        connection.execute(text(f"drop database {name} with (force)"))
    server.dispose()


def test_an_empty_database_is_brought_to_the_newest_schema_and_again_without_harm(
    run: Run,
    opened: Callable[..., Flask],
    empty_database: str,
) -> None:
    app = opened(empty_database)
    assert run(app, "doctor")[0] == 1
    for _ in range(2):
        assert run(app, "upgrade")[:2] == (0, schema.head())
    brought = create_engine(empty_database)
    with brought.connect() as connection:
        assert connection.scalars(text("select version_num from alembic_version")).all() == [schema.head()]
        assert connection.scalars(text("select currency from company")).all() == ["EUR"]
    brought.dispose()


# The doctor


def test_the_doctor_says_what_is_missing_and_what_to_do(run: Run, app: Flask, settings: Settings) -> None:
    code, out, _ = run(app, "doctor")
    wrong = [line for line in out.splitlines() if line.startswith("wrong")]
    assert code == 1
    assert [line.split(":")[0] for line in wrong] == [
        "wrong  The company has neither telephone nor mail address for customers who need help.",
        "wrong  Nobody can sign in as administrator",
    ]
    assert "note   DUEWELL_SMTP_URL is missing" in out


def make_well() -> None:
    with transaction():
        company.locked().help_email = "help@company.test"
        staff.add(email="a@company.test", role=Role.ADMIN, by=audit.COMMAND, now=NOW, state=StaffState.ACTIVE)


def test_a_house_in_order_is_left_in_peace(run: Run, app: Flask) -> None:
    make_well()
    code, out, _ = run(app, "doctor")
    assert (code, "ok     Nothing has to be put right." in out, "wrong" in out) == (0, True, False)


def test_the_doctor_tells_of_plan_rules_whose_charges_no_consumer_pays(run: Run, app: Flask) -> None:
    make_well()
    assert "Consumers pay neither" not in run(app, "doctor")[1]
    with transaction():
        database.session.execute(text("update plan_rules set fee_minor = 500"))
    code, out, _ = run(app, "doctor")
    assert (code, "note   A plan rule asks for fee or interest. Consumers pay neither" in out) == (0, True)


def test_the_doctor_is_stricter_in_production(run: Run, opened: Callable[..., Flask], database_url: str) -> None:
    app = opened("", **production(database_url))
    make_well()
    with transaction():
        company.locked().is_demo = True
    code, out, _ = run(app, "doctor")
    assert code == 1
    for missing in ("demonstration company", "DUEWELL_STRIPE_KEY is missing", "DUEWELL_SMTP_URL is missing"):
        assert any(line.startswith("wrong") and missing in line for line in out.splitlines()), missing


def test_a_database_that_does_not_answer_is_said_and_no_secret_is_shown(
    run: Run,
    opened: Callable[..., Flask],
) -> None:
    app = opened("postgresql+psycopg://duewell:hush@127.0.0.1:9/none")
    code, out, said = run(app, "doctor")
    assert (code, "The database does not answer" in out) == (1, True)
    assert "hush" not in out + said


# The sweep


def test_a_sweep_without_stripe_says_so(run: Run, opened: Callable[..., Flask], database_url: str) -> None:
    app = opened("", **production(database_url))
    code, out, said = run(app, "sweep")
    assert (code, out, "No Stripe key is set" in said) == (1, "", True)


def test_a_sweep_tells_how_many_it_looked_at(run: Run, app: Flask) -> None:
    assert run(app, "sweep")[:2] == (0, "0")


def test_every_command_of_the_design_is_there_and_explains_itself(run: Run, app: Flask) -> None:
    _, out, _ = run(app, "--help")
    for name in (
        "clock",
        "demo",
        "doctor",
        "import",
        "link",
        "staff",
        "statement",
        "sweep",
        "upgrade",
        "verify",
        "work",
    ):
        assert f"\n  {name} " in out
        code, said, _ = run(app, name, "--help")
        assert (code, said.startswith("Usage:")) == (0, True)
