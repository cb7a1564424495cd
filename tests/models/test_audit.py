"""Each stream is a chain; words can be erased from beside it; a seal a night leaves the machine."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from models import audit
from models.audit import Actor, ActorKind, AuditEvent
from models.database import session
from models.money import Money
from models.reports.verify import verify
from models.transactions import release, transaction
from tests.conftest import NOW
from tests.making import Maker

FINANCE = Actor(ActorKind.STAFF, 7, "Rūta")


def record(action: str = "step", customer_id: int = 0, **facts: object) -> AuditEvent:
    with transaction():
        return audit.record(customer_id, action, by=FINANCE, now=NOW, **facts)


def events() -> int:
    return session.scalar(text("select count(*) from audit_events"))


def test_an_event_says_who_did_what_and_follows_the_one_before(engine: Engine) -> None:
    first, second = record(), record("other", about="entries:12", facts={"amount": Money(1_250, "EUR")})
    assert (first.seq, second.seq) == (1, 2)
    assert (first.previous_hash, second.previous_hash) == (audit.FIRST, first.hash)
    assert (second.actor_kind, second.actor_id, second.about) == (ActorKind.STAFF, 7, "entries:12")
    assert second.facts == {"amount": "12.50 EUR"}


def test_each_customer_has_a_stream_of_their_own(make: Maker) -> None:
    one, other = make.customer(), make.customer()
    assert [record(customer_id=customer.id).seq for customer in (one, other, one)] == [2, 2, 3]


def test_what_is_rolled_back_leaves_no_gap(engine: Engine) -> None:
    def think_better_of_it() -> None:
        with transaction():
            audit.record(0, "lost", by=FINANCE, now=NOW)
            raise LookupError

    record()
    with pytest.raises(LookupError):
        think_better_of_it()
    assert record().seq == 2
    assert verify(now=NOW).ok


def test_the_name_of_who_acted_is_not_in_the_chain(engine: Engine) -> None:
    record()
    assert "Rūta" not in str(session.execute(text("select * from audit_events")).all())


def test_words_can_be_erased_and_the_chain_stays_whole(engine: Engine) -> None:
    event = record(words={"note": "Called twice, very kind."})
    record()
    with transaction():
        session.execute(text("delete from audit_texts"))
    proof = verify(now=NOW)
    assert (proof.ok, proof.checked["I10"]) == (True, 2)
    assert event.text_hash is not None


def test_the_same_words_have_another_hash_each_time(engine: Engine) -> None:
    """Otherwise whoever guesses the words could prove them after they were erased."""
    assert record(words={"name": "Ona"}).text_hash != record(words={"name": "Ona"}).text_hash


plain = some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False, allow_infinity=False)
ours = some.dates() | some.uuids() | some.builds(Money, some.integers(), some.sampled_from(["EUR", "JPY"]))
letters = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
values = some.recursive(plain | ours | letters, lambda inner: some.lists(inner) | some.dictionaries(letters, inner))
content = some.dictionaries(letters, values, max_size=5) | some.dictionaries(some.integers(), values, max_size=5)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(facts=content, words=content)
def test_whatever_is_recorded_is_proved_after_it_was_stored(engine: Engine, facts: dict, words: dict) -> None:
    event = record(facts=facts, words=words)
    session.expunge_all()
    stored = session.get_one(AuditEvent, (0, event.id))
    assert audit.event_hash(stored) == stored.hash
    row = session.execute(
        text("select salt, body from audit_texts where event_id = :id"), {"id": event.id}
    ).one_or_none()
    assert (row is None) == (not words)
    assert row is None or audit.words_hash(row.salt, row.body) == stored.text_hash


def test_what_is_kept_beside_an_event_reads_as_it_was_written(engine: Engine) -> None:
    facts = {"on": date(2026, 1, 2), "at": NOW, "id": UUID(int=1), "amount": Money(5, "JPY"), "days": 3, "rate": 0.25}
    assert record(facts=facts).facts == {
        **{"on": "2026-01-02", "at": "2026-11-22T09:00:00+00:00", "id": str(UUID(int=1))},
        **{"amount": "5 JPY", "days": 3, "rate": "0.25"},
    }


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_events set action = 'x'",
        "delete from audit_events",
        "truncate audit_events cascade",
        "update audit_seals set heads = 9",
        "delete from audit_seals",
        "truncate audit_seals",
    ],
)
def test_the_database_itself_refuses_to_change_or_delete(engine: Engine, statement: str) -> None:
    record()
    with transaction():
        audit.seal(now=NOW)
    with pytest.raises(DBAPIError, match="never"), engine.begin() as connection:
        connection.execute(text(statement))


def test_eight_who_write_the_same_streams_at_once_make_one_chain_of_each(engine: Engine) -> None:
    def write(_: int) -> None:
        for _ in range(5):
            record()
            with transaction():
                several = [(3, "links:1", {"contact": 1}), (0, "links:2", {"contact": 2}), (3, "links:3", {})]
                audit.record_all(several, "step", by=FINANCE, now=NOW)
        release()

    release()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    proof = verify(now=NOW)
    assert (proof.broken, proof.checked["I10"]) == ([], 160)


# Seals


def seal(at: datetime = NOW) -> object:
    with transaction():
        return audit.seal(now=at)


def test_a_night_without_events_makes_no_seal(engine: Engine) -> None:
    assert seal() is None
    record()
    assert seal() is not None
    assert seal() is None


def test_seals_are_chained_and_reach_up_to_their_last_event(make: Maker) -> None:
    make.customer()
    first = seal()
    event = record()
    second = seal(NOW + timedelta(days=1))
    assert (second.seq, second.previous_hash, second.heads) == (2, first.hash, 2)
    assert (second.events_until, events()) == (event.id, 2)


def test_a_seal_waits_for_whoever_writes_and_not_for_ever(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "SEAL_WAITS", "100ms")
    record()
    audit.record(0, "not committed yet", by=FINANCE, now=NOW)
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(OperationalError):
            pool.submit(seal).result()
        session.commit()
        sealed = pool.submit(seal).result()
        pool.submit(release).result()
    assert sealed.events_until == session.scalar(text("select max(id) from audit_events"))
    assert verify(now=NOW).ok


def test_the_seal_file_grows_line_by_line(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "seals"
    record()
    first = seal()
    assert audit.export_seals(folder) > 0
    assert audit.export_seals(folder) == 0
    record()
    seal(NOW + timedelta(days=1))
    audit.export_seals(folder)
    lines = [json.loads(line) for line in (folder / audit.SEAL_FILE).read_text().splitlines()]
    assert [line["seq"] for line in lines] == [1, 2]
    assert lines[0]["hash"] == first.hash.hex() == lines[1]["previous_hash"]
    assert datetime.fromisoformat(lines[0]["sealed_at"]) == NOW.astimezone(UTC)
    assert folder.stat().st_mode & 0o077 == 0


def test_a_line_torn_by_a_crash_is_completed(engine: Engine, tmp_path: Path) -> None:
    record()
    seal()
    audit.export_seals(tmp_path)
    file = tmp_path / audit.SEAL_FILE
    whole = file.read_bytes()
    file.write_bytes(whole[:40])
    assert verify(now=NOW, seal_file=file).ok
    audit.export_seals(tmp_path)
    assert file.read_bytes() == whole


def test_a_file_of_another_history_is_never_written_over(engine: Engine, tmp_path: Path) -> None:
    record()
    seal()
    file = tmp_path / audit.SEAL_FILE
    file.write_text('{"seq":1}\n')
    with pytest.raises(audit.SealsDiffer):
        audit.export_seals(tmp_path)
    assert file.read_text() == '{"seq":1}\n'
