"""Signed-in browsers: they sleep, grow old, and are ended; each kind by its own limits."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from models import sessions
from models.sessions import SessionKind
from models.transactions import transaction
from tests.conftest import NOW

MINUTE = timedelta(minutes=1)


@pytest.fixture
def contact_token(engine: Engine) -> str:
    with transaction():
        return sessions.start(SessionKind.CONTACT, now=NOW, customer_id=1, contact_id=2, link_id=3, agent="x" * 999)


@pytest.fixture
def staff_token(engine: Engine) -> str:
    with transaction():
        return sessions.start(SessionKind.STAFF, now=NOW, staff_id=5)


@pytest.mark.parametrize(("kind", "minutes"), [(SessionKind.CONTACT, 30), (SessionKind.STAFF, 60)])
def test_a_browser_that_sleeps_too_long_is_signed_out(
    kind: SessionKind, minutes: int, contact_token: str, staff_token: str
) -> None:
    token = contact_token if kind is SessionKind.CONTACT else staff_token
    assert sessions.living(kind, token, now=NOW + minutes * MINUTE - timedelta(seconds=1))
    assert sessions.living(kind, token, now=NOW + minutes * MINUTE) is None


@pytest.mark.parametrize("kind", list(SessionKind))
def test_even_who_never_sleeps_signs_in_again_after_twelve_hours(
    kind: SessionKind, contact_token: str, staff_token: str
) -> None:
    token = contact_token if kind is SessionKind.CONTACT else staff_token
    for tens in range(72):
        row = sessions.living(kind, token, now=NOW + tens * 10 * MINUTE)
        assert row is not None, f"signed out after {tens * 10} minutes"
        with transaction():
            sessions.seen(row.id, now=NOW + tens * 10 * MINUTE)
    assert sessions.living(kind, token, now=NOW + timedelta(hours=12)) is None


def test_neither_kind_of_token_opens_the_other_door(contact_token: str, staff_token: str) -> None:
    assert sessions.living(SessionKind.STAFF, contact_token, now=NOW) is None
    assert sessions.living(SessionKind.CONTACT, staff_token, now=NOW) is None
    assert sessions.living(SessionKind.STAFF, "", now=NOW) is None


def test_last_seen_is_written_once_a_minute(staff_token: str) -> None:
    row = sessions.living(SessionKind.STAFF, staff_token, now=NOW)
    assert not sessions.needs_seen(row.seen_at, now=NOW + timedelta(seconds=59))
    assert sessions.needs_seen(row.seen_at, now=NOW + MINUTE)


def test_what_is_ended_stays_ended_and_nothing_else_is(contact_token: str, staff_token: str) -> None:
    with transaction():
        other = sessions.start(SessionKind.STAFF, now=NOW, staff_id=5)
        colleague = sessions.start(SessionKind.STAFF, now=NOW, staff_id=6)
    kept = sessions.living(SessionKind.STAFF, other, now=NOW)
    with transaction():
        sessions.end_all_of_staff(5, now=NOW, but=kept.id)
    alive = [sessions.living(SessionKind.STAFF, token, now=NOW) for token in (staff_token, other, colleague)]
    assert [bool(row) for row in alive] == [False, True, True]
    assert [row.id for row in sessions.of_staff(5, now=NOW)] == [kept.id]
    with transaction():
        sessions.end_all_of_link(3, now=NOW)
    assert sessions.living(SessionKind.CONTACT, contact_token, now=NOW) is None
    assert sessions.living(SessionKind.STAFF, other, now=NOW)


def test_a_token_is_long_random_and_kept_as_a_hash_alone(contact_token: str) -> None:
    row = sessions.living(SessionKind.CONTACT, contact_token, now=NOW)
    assert (len(contact_token), len(row.token_hash), len(row.agent)) == (43, 32, 200)
    assert row.token_hash != contact_token.encode()
    assert len({sessions.new_token() for _ in range(1000)}) == 1000
