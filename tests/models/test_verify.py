"""`verify`: a clean database passes; whatever is broken on purpose is named, and nothing else."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, text

from models import audit, holds, ledger, messages
from models.customers import Customer
from models.database import session
from models.holds import HoldKind
from models.ledger import Allocation, Entry
from models.money import Money
from models.payments import Attempt, AttemptLine, AttemptState
from models.reports.verify import MEANING, verify
from models.transactions import transaction
from tests.making import Maker

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TODAY = NOW.date()


@dataclass(frozen=True)
class Books:
    """120.00 billed; 100.00 received, of which 50.00 was used, taken back, and 70.00 used; 30.00 on their way."""

    engine: Engine
    customer: Customer
    invoice: Entry
    receipt: Entry
    taken_back: Allocation
    reversal: Allocation
    used: Allocation
    attempt: Attempt

    def of(self, row: object) -> str:
        return f"{self.customer.id}:{row.id}"  # type: ignore[attr-defined]

    def tamper(self, *statements: str) -> None:
        """What only somebody with the keys to the database can do: triggers and foreign keys sleep."""
        session.rollback()
        with self.engine.begin() as connection:
            connection.execute(text("set local session_replication_role = replica"))
            for statement in statements:
                connection.execute(text(statement))

    def named(self, customer_id: int | None = None) -> set[tuple[str, str, str]]:
        return {(row.invariant, row.table, row.id) for row in verify(customer_id, now=NOW).broken}

    def findings(self) -> set[tuple[str, str, str, str]]:
        return {(row.invariant, row.table, row.expected, row.found) for row in verify(now=NOW).broken}


@pytest.fixture
def books(engine: Engine, make: Maker) -> Books:
    customer = make.customer()
    make.contact(customer)
    invoice = make.invoice(customer, 12_000)
    receipt = make.receipt(customer, 10_000, on=date(2026, 11, 1))
    with transaction():
        taken_back = ledger.allocate(receipt, invoice, Money(5_000, "EUR"), now=NOW)
        reversal = ledger.reverse(taken_back, on=date(2026, 11, 3), now=NOW)
        used = ledger.allocate(receipt, invoice, Money(7_000, "EUR"), now=NOW)
    with transaction():
        attempt = on_its_way(customer, invoice, Money(3_000, "EUR"))
        messages.queue(
            customer.id,
            **dict.fromkeys(("dedupe_key", "kind", "address", "language", "subject", "text", "html"), "x"),
            now=NOW,
        )
    return Books(engine, customer, invoice, receipt, taken_back, reversal, used, attempt)


def on_its_way(customer: Customer, invoice: Entry, amount: Money) -> Attempt:
    """A payment that may still take money, with its line and its hold."""
    attempt = Attempt(
        customer_id=customer.id,
        id=uuid4(),
        kind="checkout",
        currency=amount.currency,
        amount_minor=amount.minor,
        state=AttemptState.OPEN,
        request_json="{}",
        asked_at=NOW,
        expires_at=NOW + timedelta(minutes=35),
        next_try_at=NOW + timedelta(minutes=2),
    )
    session.add(attempt)
    session.flush()
    session.add(
        AttemptLine(customer_id=customer.id, attempt_id=attempt.id, entry_id=invoice.id, amount_minor=amount.minor)
    )
    facts = {"source": attempt.source, "entry_id": invoice.id, "currency": amount.currency, "amount": amount}
    holds.add(customer.id, HoldKind.IN_FLIGHT, on=TODAY, now=NOW, **facts)
    return attempt


def seal_and_export(folder: Path) -> Path:
    with transaction():
        audit.seal(now=NOW)
    audit.export_seals(folder)
    session.rollback()
    return folder / audit.SEAL_FILE


def test_an_empty_database_is_whole(engine: Engine) -> None:
    proof = verify(now=NOW)
    assert proof.ok
    assert set(proof.checked) == set(MEANING)


def test_clean_books_are_whole_and_everything_in_them_was_looked_at(books: Books, tmp_path: Path) -> None:
    seal_file = seal_and_export(tmp_path)
    proof = verify(now=NOW, seal_file=seal_file)
    assert proof.broken == []
    events = session.scalar(text("select count(*) from audit_events"))
    expected = {"I1": 1, "I2": 1, "I3": 1, "I4": 1, "I5": 2 + 3 + 1, "I10": events + 1, "I12": 2, "I15": 2}
    assert {name: proof.checked[name] for name in expected} == expected
    assert proof.checked["I14"] > 20


def test_one_customer_is_proved_alone(books: Books, make: Maker) -> None:
    other = make.invoice(make.customer(), 100)
    books.tamper(f"update entries set open_minor = 1 where id in ({books.invoice.id}, {other.id})")
    assert books.named(books.customer.id) == {
        ("I3", "entries", books.of(books.invoice)),
        ("I4", "accounts", f"{books.customer.id}:EUR"),
    }


def test_all_is_read_in_one_snapshot_in_which_nothing_can_be_written(books: Books) -> None:
    said: list[str] = []
    session.rollback()
    event.listen(books.engine, "begin", lambda _: said.append("begin"))
    event.listen(books.engine, "before_cursor_execute", lambda *facts: said.append(facts[2]))
    verify(now=NOW)
    assert said[:2] == ["begin", "set transaction isolation level repeatable read, read only"]
    assert "begin" not in said[1:]


# I1 to I4: the projections


def test_a_wrong_unapplied_amount_is_named_with_the_right_one(books: Books) -> None:
    books.tamper(f"update entries set unapplied_minor = 2999 where id = {books.receipt.id}")
    assert books.findings() == {
        ("I1", "entries", "30.00", "29.99"),
        ("I4", "accounts", "20.00", "20.01"),
    }


def test_a_credit_used_beyond_itself_is_named(books: Books) -> None:
    books.tamper(
        "insert into allocations (customer_id, credit_id, debit_id, currency, amount_minor, effective_on, recorded_at)"
        f" values ({books.customer.id}, {books.receipt.id}, {books.invoice.id}, 'EUR', 4000, '2026-11-05', now())"
    )
    found = {finding for finding in books.findings() if finding[0] == "I1"}
    assert found == {("I1", "entries", "0.00", "-10.00")}


def test_a_credit_used_beyond_itself_on_a_day_in_the_past_is_named(books: Books) -> None:
    books.tamper(f"update allocations set effective_on = '2026-11-10' where id = {books.reversal.id}")
    assert ("I1", "entries", "0.00", "-20.00") in books.findings()


def test_an_item_paid_beyond_itself_on_a_day_in_the_past_is_named(books: Books, make: Maker) -> None:
    rest = make.receipt(books.customer, 5_000, on=date(2026, 11, 3))
    with transaction():
        ledger.allocate(rest, books.invoice, Money(5_000, "EUR"), now=NOW)
    books.tamper(f"update allocations set effective_on = '2026-11-10' where id = {books.reversal.id}")
    assert ("I2", "entries", "0.00", "-50.00") in books.findings()


def test_an_open_amount_above_the_entry_is_named(books: Books) -> None:
    books.tamper(
        "alter table entries drop constraint ck_entries_projection_within_amount",
        f"update entries set open_minor = 12001 where id = {books.invoice.id}",
    )
    assert ("I2", "entries", "120.00", "120.01") in books.findings()


def test_an_open_amount_below_zero_is_named(books: Books) -> None:
    books.tamper(
        "alter table entries drop constraint ck_entries_projection_within_amount",
        f"update entries set open_minor = -1 where id = {books.invoice.id}",
    )
    assert ("I2", "entries", "0.00", "-0.01") in books.findings()


def test_a_wrong_open_amount_is_named_with_the_right_one(books: Books) -> None:
    books.tamper(f"update entries set open_minor = 4000 where id = {books.invoice.id}")
    assert books.findings() == {
        ("I3", "entries", "50.00", "40.00"),
        ("I4", "accounts", "20.00", "10.00"),
    }


def test_a_balance_that_is_not_the_sum_of_its_entries_is_named(books: Books) -> None:
    books.tamper(
        f"update entries set unapplied_minor = unapplied_minor - 500 where id = {books.receipt.id}",
        f"update entries set open_minor = open_minor + 500 where id = {books.invoice.id}",
    )
    assert ("I4", "accounts", "20.00", "30.00") in books.findings()


def test_an_allocation_earlier_than_its_entries_is_named(books: Books) -> None:
    books.tamper(f"update allocations set effective_on = '2026-10-31' where id = {books.taken_back.id}")
    assert ("I4", "allocations", "from 2026-11-01", "from 2026-10-31") in books.findings()


# I5: nothing changed, nothing deleted


def test_every_changed_entry_is_named(books: Books, make: Maker) -> None:
    changes = (
        "amount_minor = amount_minor + 1",
        "effective_on = effective_on - 1",
        "due_on = due_on + 1",
        "recorded_at = recorded_at - interval '1 microsecond'",
        "invoice_id = null",
        "kind = 'fee'",
        "dedupe_key = 'other'",
        "cause_id = gen_random_uuid()",
        "reference = 'other'",
        "payer = 'other'",
        "reason = ' '",
        "fingerprint = fingerprint # 1",
    )
    changed = [make.invoice(books.customer) for _ in changes]
    books.tamper(
        *(f"update entries set {change} where id = {entry.id}" for change, entry in zip(changes, changed, strict=True))
    )
    named = {row for row in books.named() if row[:2] == ("I5", "entries")}
    assert named == {("I5", "entries", books.of(entry)) for entry in changed}


def test_words_moved_from_one_column_to_the_next_are_a_change(books: Books, make: Maker) -> None:
    with transaction():
        receipt = ledger.receive(
            books.customer.id, Money(1, "EUR"), effective_on=TODAY, dedupe_key="k", reference="a|b", payer="c", now=NOW
        )
    books.tamper(f"update entries set reference = 'a', payer = 'b|c' where id = {receipt.id}")
    assert books.named() == {("I5", "entries", books.of(receipt))}


def test_every_changed_allocation_is_named(books: Books) -> None:
    books.tamper(
        f"update allocations set amount_minor = 4999 where id = {books.taken_back.id}",
        f"update allocations set effective_on = '2026-11-04' where id = {books.reversal.id}",
        f"update allocations set recorded_at = now() where id = {books.used.id}",
    )
    changed = {("I5", "allocations", books.of(row)) for row in (books.taken_back, books.reversal, books.used)}
    assert changed <= books.named()


def test_a_deleted_entry_is_named_by_its_number(books: Books) -> None:
    books.tamper(f"delete from entries where id = {books.receipt.id}")
    assert ("I5", "entries", f"{books.customer.id}:EUR:2") in books.named()
    assert ("I5", "accounts", f"{books.customer.id}:EUR") in books.named()


def test_a_deleted_entry_is_named_even_when_the_counter_was_set_back(books: Books) -> None:
    books.tamper(
        f"delete from entries where id = {books.invoice.id}",
        f"update accounts set entries = 1 where customer_id = {books.customer.id}",
    )
    assert ("I5", "entries", f"{books.customer.id}:EUR:1") in books.named()


def test_two_entries_with_one_number_are_named(books: Books) -> None:
    books.tamper(f"update entries set seq = 1 where id = {books.receipt.id}")
    assert {
        ("I5", "entries", f"{books.customer.id}:EUR:1"),
        ("I5", "entries", f"{books.customer.id}:EUR:2"),
    } <= books.named()


def test_every_reversal_that_is_not_the_opposite_of_one_original_is_named(books: Books) -> None:
    """The fingerprints are made to fit, as a forger would."""
    changes = (
        "amount_minor = 99",
        "debit_id = credit_id",
        "currency = 'USD'",
        "reverses_id = id",
        "reverses_id = 999",
        "effective_on = '2026-10-31'",
    )
    reversals = []
    for _ in changes:
        with transaction():
            again = ledger.allocate(books.receipt, books.invoice, Money(100, "EUR"), now=NOW)
            reversals.append(ledger.reverse(again, on=TODAY, now=NOW))
    books.tamper(
        *(
            f"update allocations set {change} where id = {row.id}"
            for change, row in zip(changes, reversals, strict=True)
        ),
        "update allocations a set fingerprint = allocation_fingerprint(a)",
    )
    named = {row for row in books.named() if row[0] == "I5"}
    assert named == {("I5", "allocations", books.of(row)) for row in reversals}


def test_an_allocation_taken_back_twice_is_named(books: Books) -> None:
    books.tamper(
        "drop index uq_allocations_reverses_id",
        "insert into allocations (customer_id, credit_id, debit_id, currency, amount_minor, effective_on, recorded_at,"
        " reverses_id) select customer_id, credit_id, debit_id, currency, amount_minor, effective_on, recorded_at,"
        f" reverses_id from allocations where id = {books.reversal.id}",
        "update allocations a set fingerprint = allocation_fingerprint(a)",
    )
    broken = [row for row in verify(now=NOW).broken if row.invariant == "I5"]
    assert len(broken) == 2
    assert all("taken back 2 times" in row.found for row in broken)


# I10: the audit trail


def test_every_changed_event_is_named(books: Books) -> None:
    changes = (
        "recorded_at = recorded_at + interval '1 microsecond'",
        "actor_kind = 'staff'",
        "actor_id = 7",
        "action = 'nothing'",
        "about = about || '1'",
        """facts = facts || '{"step": 0}'""",
        "text_hash = sha256('x')",
        "previous_hash = sha256('x')",
        "hash = sha256('x')",
        "seq = seq + 100",
    )
    with transaction():
        events = [
            audit.record(0, "step", by=audit.JOB, now=NOW, facts={"step": step}) for step, _ in enumerate(changes, 1)
        ]
    books.tamper(
        *(
            f"update audit_events set {change} where id = {event.id}"
            for change, event in zip(changes, events, strict=True)
        )
    )
    named = {("I10", "audit_events", f"0:{event.id}") for event in events}
    assert books.named() == {("I10", "audit_heads", "0"), *named}


def test_one_changed_letter_names_one_event(books: Books) -> None:
    first = session.scalar(text(f"select min(id) from audit_events where customer_id = {books.customer.id}"))
    books.tamper(f"update audit_events set action = 'customer.addee' where id = {first}")
    assert books.named() == {("I10", "audit_events", f"{books.customer.id}:{first}")}


def test_an_event_changed_with_its_hash_made_to_fit_is_named_by_the_one_after_it(books: Books) -> None:
    with transaction():
        first, second = (audit.record(0, "step", by=audit.JOB, now=NOW) for _ in range(2))
    session.expunge(first)
    first.action = "other"
    books.tamper(
        f"update audit_events set action = 'other', hash = '\\x{audit.event_hash(first).hex()}' where id = {first.id}"
    )
    assert books.named() == {("I10", "audit_events", f"0:{second.id}")}


def test_changed_words_are_named_and_erased_words_are_not(books: Books) -> None:
    words = session.execute(text("select customer_id, event_id from audit_texts order by 2")).all()
    books.tamper(
        f'update audit_texts set body = \'{{"name": "Other"}}\' where event_id = {words[0].event_id}',
        f"delete from audit_texts where event_id = {words[1].event_id}",
    )
    assert books.named() == {("I10", "audit_texts", f"{words[0].customer_id}:{words[0].event_id}")}


def test_a_deleted_event_is_named_by_the_one_after_it(books: Books) -> None:
    first, second = session.scalars(
        text(f"select id from audit_events where customer_id = {books.customer.id} order by seq limit 2")
    )
    books.tamper(f"delete from audit_texts where event_id = {first}", f"delete from audit_events where id = {first}")
    assert books.named() == {("I10", "audit_events", f"{books.customer.id}:{second}")}


def test_a_deleted_last_event_is_named_by_the_head(books: Books) -> None:
    books.tamper("delete from audit_events where id = (select max(id) from audit_events)")
    assert books.named() == {("I10", "audit_heads", str(books.customer.id))}


def test_a_deleted_stream_is_named_by_the_head(books: Books) -> None:
    books.tamper("delete from audit_texts", "delete from audit_events")
    assert books.named() == {("I10", "audit_heads", str(books.customer.id))}


def test_a_stream_cut_short_together_with_its_head_is_named_by_the_seal(books: Books, tmp_path: Path) -> None:
    seal_and_export(tmp_path)
    books.tamper(
        "delete from audit_events where id = (select max(id) from audit_events)",
        "update audit_heads h set (seq, hash) = (select seq, hash from audit_events e"
        " where e.customer_id = h.customer_id order by seq desc limit 1)",
    )
    assert books.named() == {("I10", "audit_seals", "1")}


def test_events_after_the_seal_leave_it_whole(books: Books, make: Maker, tmp_path: Path) -> None:
    seal_file = seal_and_export(tmp_path)
    make.customer()
    make.contact(books.customer, "second@example.test")
    assert verify(now=NOW, seal_file=seal_file).broken == []


def test_every_changed_seal_is_named_in_the_database_and_in_the_file(books: Books, make: Maker, tmp_path: Path) -> None:
    changes = (
        "heads = heads + 1",
        "sealed_at = now()",
        "events_until = 1",
        "heads_hash = 'x'",
        "hash = 'x'",
        "previous_hash = 'x'",
    )
    for _ in changes:
        make.customer()
        seal_file = seal_and_export(tmp_path)
    books.tamper(*(f"update audit_seals set {change} where seq = {seq}" for seq, change in enumerate(changes, 1)))
    named = {(row.table, row.id) for row in verify(now=NOW, seal_file=seal_file).broken}
    seals = {str(seq) for seq, _ in enumerate(changes, 1)}
    assert named == {*(("audit_seals", seq) for seq in seals), *((audit.SEAL_FILE, seq) for seq in seals)}


def test_seals_made_anew_are_named_by_the_file_that_left_the_machine(books: Books, tmp_path: Path) -> None:
    seal_file = seal_and_export(tmp_path)
    books.tamper("delete from audit_seals")
    with transaction():
        audit.seal(now=NOW + timedelta(days=1))
    assert books.named() == set()
    assert [(row.table, row.id) for row in verify(now=NOW, seal_file=seal_file).broken] == [(audit.SEAL_FILE, "1")]


# I12: what is unfinished is looked at again


@pytest.mark.parametrize("table", ["attempts", "messages"])
def test_what_would_be_forgotten_is_named(books: Books, table: str) -> None:
    row = session.scalar(text(f"select id from {table}"))
    books.tamper(f"update {table} set next_try_at = '2026-11-22 11:00:01+00'")
    assert books.named() == {("I12", table, f"{books.customer.id}:{row}")}


@pytest.mark.parametrize("table", ["attempts", "messages"])
def test_what_waited_through_a_night_without_power_is_not_forgotten(books: Books, table: str) -> None:
    books.tamper(f"update {table} set next_try_at = '2026-11-01 00:00+00'")
    assert books.named() == set()


def test_a_finished_message_waits_for_nothing(books: Books) -> None:
    books.tamper("update messages set state = 'sent', next_try_at = 'infinity'")
    assert books.named() == set()


def test_a_forgotten_event_of_stripe_is_named(books: Books) -> None:
    books.tamper(
        "insert into webhook_events (event_id, type, object_id, livemode, api_version, payload, received_at,"
        " next_try_at) values ('evt_1', 't', 'o', false, 'v', '', now(), 'infinity'), ('evt_2', 't', 'o', false, 'v',"
        " '', now(), now() + interval '1 hour')"
    )
    assert books.named() == {("I12", "webhook_events", "evt_1")}


# I14: whole minor units


def test_an_amount_that_could_hold_half_a_cent_is_named(books: Books) -> None:
    books.tamper("alter table attempt_lines alter amount_minor type numeric")
    assert books.named() == {("I14", "information_schema.columns", "attempt_lines.amount_minor")}


def test_a_floating_point_column_is_named(books: Books) -> None:
    books.tamper("alter table customers add credit_limit double precision")
    assert books.named() == {("I14", "information_schema.columns", "customers.credit_limit")}


def test_an_unknown_currency_is_named(books: Books) -> None:
    books.tamper(f"update attempts set currency = 'XXX' where id = '{books.attempt.id}'")
    assert ("I14", "attempts", books.of(books.attempt)) in books.named()


# I15: holds and their sources


def test_a_hold_without_a_source_is_named(books: Books) -> None:
    books.tamper("update holds set source = 'attempts:gone'")
    assert ("I15", "holds", "a living source", "attempts:gone") in books.findings()


def test_a_hold_that_outlives_its_source_is_named(books: Books) -> None:
    books.tamper("update attempts set state = 'failed'")
    assert {row[:2] for row in books.findings()} == {("I15", "holds")}


def test_an_attempt_without_its_hold_is_named(books: Books) -> None:
    books.tamper("update holds set ended_at = now(), ended_on = '2026-11-22'")
    assert books.findings() == {("I15", "attempt_lines", "30.00", "nothing")}


def test_a_hold_of_another_amount_than_its_line_is_named(books: Books) -> None:
    books.tamper("update holds set amount_minor = 2000")
    assert books.findings() == {("I15", "holds", "30.00", "20.00")}


def test_lines_that_do_not_add_up_to_their_attempt_are_named(books: Books) -> None:
    books.tamper("update attempts set amount_minor = 3001")
    assert books.findings() == {("I15", "attempts", "30.01", "30.00")}


def test_a_payment_that_came_to_its_end_holds_nothing(books: Books) -> None:
    with transaction():
        books.attempt.move_to(AttemptState.EXPIRED)
        holds.end(books.customer.id, books.attempt.source, on=TODAY, now=NOW)
    proof = verify(now=NOW)
    assert proof.ok
    assert proof.checked["I15"] == 0
