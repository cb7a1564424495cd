"""Invoice files against the books: what is new, what may change, what never changes by import."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from models import audit, company, customers, ledger
from models.audit import AuditEvent
from models.company import Company
from models.database import session
from models.imports import Kind, runs
from models.imports.reading import FileRefused
from models.invoices import Invoice, of_customer, registered
from models.ledger import Entry, EntryKind
from models.money import Money
from models.transactions import transaction
from tests.conftest import NOW
from tests.making import Maker
from tests.models.imports.conftest import BringIn

FILES = Path(__file__).with_name("files")
HEADER = "customer,name,number,amount,currency,issued,due,terms,reference,settled,settled_on,email\n"


def line(
    number: str = "INV-1",
    amount: str = "100.00",
    *,
    customer: str = "C-1",
    name: str = "Žalias Namas UAB",
    currency: str = "EUR",
    issued: str = "2026-09-01",
    due: str = "2026-10-01",
    terms: str = "",
    reference: str = "",
    settled: str = "",
    settled_on: str = "",
    email: str = "",
) -> str:
    cells = (customer, name, number, amount, currency, issued, due, terms, reference, settled, settled_on, email)
    return ",".join(cells) + "\n"


def entries() -> list[tuple[str, int, int]]:
    """Kind, amount and what is left, in the order of the account."""
    found = session.scalars(select(Entry).order_by(Entry.customer_id, Entry.currency, Entry.seq))
    return [(entry.kind.value, entry.amount_minor, entry.left.minor) for entry in found]


def reasons(run_id: int | None) -> list[tuple[int, str, str, str]]:
    assert run_id
    return [(one.row, one.column, one.value, one.reason % one.values) for one in runs.rejects_of(run_id)]


def actions(customer_id: int) -> list[str]:
    query = select(AuditEvent.action).where(AuditEvent.customer_id == customer_id).order_by(AuditEvent.seq)
    return list(session.scalars(query))


def id_of(number: str) -> int:
    found = customers.by_number(number)
    assert found
    return found.id


def test_a_new_invoice_is_registered_billed_and_owed(bring_in: BringIn, prove: Callable[[], None]) -> None:
    summary = bring_in("invoices", HEADER + line(" inv-1 ", reference="PO 7", terms="net 30"))
    assert (summary.new, summary.changed, summary.unchanged, summary.rejected) == (1, 0, 0, 0)
    assert summary.as_json()["sums"] == {"EUR": "100.00"}
    invoice = of_customer(id_of("C-1"), "INV-1")
    assert invoice
    assert (invoice.number, invoice.number_as_written, invoice.reference, invoice.terms) == (
        *("INV-1", "inv-1", "PO 7", "net 30"),
    )
    assert invoice.source == f"import {summary.run_id}"
    assert entries() == [("invoice", 10000, 10000)]
    prove()


def test_the_same_file_twice_changes_nothing(bring_in: BringIn) -> None:
    file = HEADER + line() + line("INV-2", "-30.00") + line("INV-3", settled_on="2026-09-20", email="ap@example.test")
    bring_in("invoices", file)
    before = everything()
    again = bring_in("invoices", file)
    assert (again.new, again.changed, again.unchanged, again.rejected) == (0, 0, 3, 0)
    assert again.as_json()["sums"] == {}
    assert everything() == before


def everything() -> list[object]:
    """Every row that a customer or the staff could notice, the record of runs apart."""
    tables = ("customers", "customer_names", "contacts", "invoices", "invoice_numbers", "entries", "allocations")
    found = [session.execute(text(f"select * from {table} order by 1, 2")).all() for table in (*tables, "accounts")]
    return [*found, session.execute(text("select * from audit_events where customer_id > 0 order by id")).all()]


def test_a_settled_invoice_comes_with_its_receipt(bring_in: BringIn, prove: Callable[[], None]) -> None:
    early = line("INV-2", settled="40.00", settled_on="2026-08-20")
    bring_in("invoices", HEADER + line(settled_on="2026-09-20") + early)
    assert sorted(entries()) == [
        ("invoice", 10000, 0),
        ("invoice", 10000, 6000),
        ("receipt", 4000, 0),
        ("receipt", 10000, 0),
    ]
    days = session.execute(text("select effective_on from allocations order by amount_minor")).scalars().all()
    # Money that came before the invoice is used for it from the day of issue.
    assert days == [date(2026, 9, 1), date(2026, 9, 20)]
    prove()


def test_more_than_the_invoice_stays_unapplied(bring_in: BringIn, prove: Callable[[], None]) -> None:
    file = HEADER + line(settled="120.00", settled_on="2026-09-20")
    assert [bring_in("invoices", file).unchanged for _ in range(2)] == [0, 1]
    assert entries() == [("invoice", 10000, 0), ("receipt", 12000, 2000)]
    prove()


def test_what_a_later_file_says_is_settled_becomes_money_once(bring_in: BringIn, prove: Callable[[], None]) -> None:
    bring_in("invoices", HEADER + line())
    part = HEADER + line(settled="40.00", settled_on="2026-09-20")
    whole = HEADER + line(settled="100.00", settled_on="2026-10-05")
    summaries = [bring_in("invoices", file) for file in (part, part, whole, whole)]
    counts = [(summary.changed, summary.unchanged) for summary in summaries]
    assert counts == [(1, 0), (0, 1), (1, 0), (0, 1)]
    assert entries() == [("invoice", 10000, 0), ("receipt", 4000, 0), ("receipt", 6000, 0)]
    prove()


def test_money_that_is_here_already_is_not_booked_again(bring_in: BringIn, make: Maker) -> None:
    customer = make.customer(number="C-1")
    debit = make.invoice(customer, 10000, number="INV-1", issued_on=date(2026, 9, 1), due_on=date(2026, 10, 1))
    receipt = make.receipt(customer, 10000)
    with transaction():
        ledger.allocate(receipt, debit, Money(10000, "EUR"), now=NOW)
    summary = bring_in("invoices", HEADER + line(settled_on="2026-09-20"))
    assert (summary.changed, summary.unchanged) == (0, 1)
    assert entries() == [("invoice", 10000, 0), ("receipt", 10000, 0)]


def test_money_for_what_a_reversal_freed_counts_from_the_day_of_the_reversal(
    bring_in: BringIn, make: Maker, prove: Callable[[], None]
) -> None:
    customer = make.customer(number="C-1")
    debit = make.invoice(customer, 10000, number="INV-1", issued_on=date(2026, 9, 1), due_on=date(2026, 10, 1))
    receipt = make.receipt(customer, 10000, on=date(2026, 9, 10))
    with transaction():
        allocation = ledger.allocate(receipt, debit, Money(10000, "EUR"), now=NOW)
        ledger.reverse(allocation, on=date(2026, 11, 1), now=NOW)
    bring_in("invoices", HEADER + line(settled_on="2026-09-20"))
    days = session.execute(text("select effective_on from allocations order by id")).scalars().all()
    assert days == [date(2026, 9, 10), date(2026, 11, 1), date(2026, 11, 1)]
    prove()


def test_a_negative_invoice_is_a_credit_note(bring_in: BringIn, prove: Callable[[], None]) -> None:
    summary = bring_in("invoices", HEADER + line("CN-1", "-30.00"))
    assert summary.as_json()["sums"] == {"EUR": "-30.00"}
    assert entries() == [("credit_note", 3000, 3000)]
    entry = session.scalars(select(Entry)).one()
    assert (entry.kind, entry.dedupe_key) == (EntryKind.CREDIT_NOTE, "credit_note:CN-1")
    prove()


DIFFERING = (
    (line(amount="120.00"), "amount", "is booked with 100.00 EUR, the file says 120.00 EUR."),
    (line(customer="C-2"), "customer", "is booked for customer C-1, the file says C-2."),
    (line(currency="USD"), "currency", "is booked in EUR, the file says USD."),
    (line(issued="2026-09-02"), "issued", "is booked as issued on 2026-09-01, the file says 2026-09-02."),
    (line(due="2026-10-02"), "due", "is booked as due on 2026-10-01, the file says 2026-10-02."),
)


def test_what_is_booked_never_changes_by_import(bring_in: BringIn) -> None:
    bring_in("invoices", HEADER + line())
    before = everything()
    summary = bring_in("invoices", HEADER + "".join(row for row, _, _ in DIFFERING))
    assert (summary.new, summary.changed, summary.rejected) == (0, 0, len(DIFFERING))
    found = reasons(summary.run_id)
    assert [(row, column) for row, column, _, _ in found] == [
        (row, column) for row, (_, column, _) in enumerate(DIFFERING, start=2)
    ]
    for (_, _, _, reason), (_, _, told) in zip(found, DIFFERING, strict=True):
        assert told in reason
        assert "Correct it by a credit note, or reverse it and book it again." in reason
    assert everything() == before


def test_twins_in_one_file_are_compared_with_the_first(bring_in: BringIn, prove: Callable[[], None]) -> None:
    summary = bring_in("invoices", HEADER + line() + line() + line(amount="120.00") + line(terms="net 14"))
    assert (summary.new, summary.changed, summary.unchanged, summary.rejected) == (1, 1, 1, 1)
    invoice = session.scalars(select(Invoice)).one()
    assert (invoice.amount_minor, invoice.terms) == (10000, "net 14")
    prove()


def test_our_own_file_of_rejects(bring_in: BringIn, prove: Callable[[], None]) -> None:
    summary = bring_in("invoices", FILES / "rejects.csv")
    assert (summary.new, summary.changed, summary.unchanged, summary.rejected) == (2, 0, 1, 10)
    assert summary.files[0]["rows"] == 13
    told = [(row, column, value) for row, column, value, _ in reasons(summary.run_id)]
    assert told == [
        (3, "issued", "2026-02-30"),
        (4, "amount", "12O.00"),
        (5, "number", ""),
        (6, "currency", "EUX"),
        (7, "amount", "120.00"),
        (9, "issued", "1969-12-31"),
        (10, "", ""),
        (11, "", 'C-2,"Two,INV-10,10.00,EUR,2026-09-01,2026-10-01'),
        (12, "amount", "0.00"),
        (13, "customer", ""),
    ]
    assert customers.by_number("C-2") is None  # No good row of theirs, no customer.
    assert registered("INV-13")
    prove()


def test_terms_and_references_may_change_and_an_empty_cell_erases_nothing(bring_in: BringIn) -> None:
    bring_in("invoices", HEADER + line(terms="net 30", reference="PO 7") + line("INV-2", terms="net 30"))
    summary = bring_in("invoices", HEADER + line(terms="net 14") + line("INV-2"))
    assert (summary.changed, summary.unchanged) == (1, 1)
    found = session.execute(text("select terms, reference from invoices order by number")).all()
    assert found == [("net 14", "PO 7"), ("net 30", "")]
    assert actions(id_of("C-1")) == ["invoice.changed"]


def test_the_newest_invoice_gives_the_name_and_the_others_are_kept(bring_in: BringIn) -> None:
    bring_in(
        "invoices",
        HEADER
        + line("INV-1", name="Wal-Mar Inc", issued="2026-07-01")
        + line("INV-2", name="Wal-Mar Corp", issued="2026-09-05")
        + line("INV-3", name="Wal-Mar", issued="2026-08-01"),
    )
    customer_id = id_of("C-1")
    assert names(customer_id) == ("Wal-Mar Corp", {"Wal-Mar Inc", "Wal-Mar"})
    older = bring_in("invoices", HEADER + line("INV-4", name="Old Mar", issued="2026-01-01", due="2026-09-30"))
    newer = bring_in("invoices", HEADER + line("INV-5", name="Wal-Mar", issued="2026-09-06"))
    assert (older.new, newer.new) == (1, 1)
    assert names(customer_id) == ("Wal-Mar", {"Wal-Mar Corp", "Wal-Mar Inc", "Old Mar"})
    assert actions(customer_id) == ["customer.changed"]


def names(customer_id: int) -> tuple[str, set[str]]:
    session.expire_all()
    customer = customers.find(customer_id)
    assert customer
    return customer.name, set(customers.also_known_as(customer_id))


def test_whom_nobody_named_is_called_by_the_number_until_somebody_does(bring_in: BringIn) -> None:
    bring_in("invoices", HEADER + line(customer="c-1", name=""))
    assert names(id_of("C-1")) == ("c-1", set())
    bring_in("invoices", HEADER + line("INV-2", name="Žalias Namas UAB"))
    assert names(id_of("C-1")) == ("Žalias Namas UAB", set())


def test_a_new_spelling_on_a_booked_invoice_is_a_change(bring_in: BringIn) -> None:
    bring_in("invoices", HEADER + line())
    summary = bring_in("invoices", HEADER + line(name="Žalias Namas"))
    # Of two names on one day the last in the alphabet stays: nothing moves to and fro between two files.
    assert (summary.changed, summary.unchanged) == (0, 1)
    assert names(id_of("C-1")) == ("Žalias Namas UAB", {"Žalias Namas"})
    assert bring_in("invoices", HEADER + line(name="Žalias Namas UAB Vilnius")).changed == 1
    assert names(id_of("C-1"))[0] == "Žalias Namas UAB Vilnius"


def test_names_do_not_depend_on_the_order_of_the_files(bring_in: BringIn) -> None:
    rows = [(str(n), f"Name {n % 3}", f"2026-0{n % 4 + 1}-01") for n in range(5)]
    for customer, order in (("C-1", rows), ("C-2", rows[::-1])):
        for number, name, issued in order:
            bring_in("invoices", HEADER + line(customer + number, customer=customer, name=name, issued=issued))
    assert names(id_of("C-1")) == names(id_of("C-2")) == ("Name 0", {"Name 1", "Name 2"})


def test_a_contact_comes_with_the_invoice_and_is_audited_for_a_known_customer(bring_in: BringIn) -> None:
    bring_in("invoices", HEADER + line(email="AP@Example.test"))
    customer_id = id_of("C-1")
    assert actions(customer_id) == []  # The run's own event speaks for a customer who is new with it.
    again = bring_in("invoices", HEADER + line(email="ap@example.test"))
    other = bring_in("invoices", HEADER + line(email="cfo@example.test"))
    assert (again.unchanged, other.changed) == (1, 1)
    assert [contact.email for contact in customers.contacts_of(customer_id)] == ["ap@example.test", "cfo@example.test"]
    assert actions(customer_id) == ["contact.added"]


def test_nothing_is_booked_into_closed_books(bring_in: BringIn) -> None:
    bring_in("invoices", HEADER + line("INV-0"))
    with transaction():
        session.execute(update(Company).values(books_closed_on=date(2026, 9, 15)))
    summary = bring_in(
        "invoices",
        HEADER
        + line("INV-0")
        + line("INV-1")
        + line("INV-2", issued="2026-09-16")
        + line("INV-0", settled_on="2026-09-10"),
    )
    assert (summary.new, summary.unchanged, summary.rejected) == (1, 1, 2)
    told = reasons(summary.run_id)
    assert [(row, column) for row, column, _, _ in told] == [(3, "issued"), (5, "settled_on")]
    assert "closed up to 2026-09-15" in told[0][3]


def test_currencies_keep_their_decimals(bring_in: BringIn, prove: Callable[[], None]) -> None:
    summary = bring_in(
        "invoices",
        HEADER + line("1", "1000.4", currency="JPY") + line("2", "1.2345", currency="KWD") + line("3", "5"),
    )
    assert summary.as_json()["sums"] == {"EUR": "5.00", "JPY": "1000", "KWD": "1.235"}
    assert summary.rounded == 2
    assert {(row.currency, row.amount_minor) for row in session.scalars(select(Invoice))} == {
        *(("JPY", 1000), ("KWD", 1235), ("EUR", 500)),
    }
    prove()


def test_a_file_without_an_amount_is_no_ledger(bring_in: BringIn) -> None:
    with pytest.raises(FileRefused, match="no column with an amount"):
        bring_in("invoices", "customer,number,currency,issued,due\nC-1,1,EUR,2026-09-01,2026-10-01\n")


def test_nothing_is_booked_when_one_of_the_files_is_refused(bring_in: BringIn, tmp_path: Path) -> None:
    good = tmp_path / "good.csv"
    good.write_text(HEADER + line())
    with pytest.raises(FileRefused):
        bring_in("invoices", good, tmp_path / "gone.csv")
    assert registered("INV-1") is None
    assert runs.latest() == []


def test_an_invoice_entered_by_staff_is_known_to_the_import(bring_in: BringIn, make: Maker) -> None:
    customer = make.customer(number="C-1")
    make.invoice(customer, 10000, number="INV-1", issued_on=date(2026, 9, 1), due_on=date(2026, 10, 1))
    assert bring_in("invoices", HEADER + line()).unchanged == 1


def test_entries_are_numbered_within_their_account_after_those_of_staff(
    bring_in: BringIn, make: Maker, prove: Callable[[], None]
) -> None:
    make.invoice(make.customer(number="C-1"), 500)
    bring_in("invoices", HEADER + line() + line("INV-2", settled_on="2026-09-20") + line("INV-3", currency="USD"))
    found = session.execute(text("select currency, seq from entries order by 1, 2")).all()
    assert found == [("EUR", 1), ("EUR", 2), ("EUR", 3), ("EUR", 4), ("USD", 1)]
    prove()


def test_the_company_reads_of_each_run_with_its_hash_and_counts(bring_in: BringIn) -> None:
    summary = bring_in("invoices", HEADER + line())
    begun, finished = session.scalars(
        select(AuditEvent).where(AuditEvent.customer_id == company.HOLDING_ACCOUNT).order_by(AuditEvent.seq)
    )
    assert (begun.action, finished.action) == ("import.begun", "import.finished")
    assert begun.facts["files"][0]["sha256"] == summary.files[0]["sha256"] != ""
    assert (finished.facts["new"], finished.facts["sums"]) == (1, {"EUR": "100.00"})
    assert finished.about == f"import_runs:{summary.run_id}"


def test_somebody_else_acts_in_their_own_name(bring_in: BringIn) -> None:
    clerk = audit.Actor(audit.ActorKind.STAFF, 7, "Rūta")
    summary = bring_in("invoices", HEADER + line(), by=clerk)
    run = runs.find(summary.run_id or 0)
    assert run
    assert (run.actor_id, run.actor_name, run.kind) == (7, "Rūta", Kind.INVOICES)


OWN_MAPPING = """
kind = "invoices"
files = ["skolininkai_*.csv"]
[columns]
customer = "Kliento nr."
name = "Pavadinimas"
number = "Sąskaita"
amount = "Suma"
issued = "Data"
[fixed]
currency = "EUR"
language = "lt"
[derived]
due = { from = "issued", days = 30 }
[dates]
formats = ["DD.MM.YYYY"]
[numbers]
decimal = ","
thousands = " "
"""


def test_a_company_brings_its_own_mapping(bring_in: BringIn, tmp_path: Path) -> None:
    (tmp_path / "home" / "mappings").mkdir(parents=True)
    (tmp_path / "home" / "mappings" / "our_books.toml").write_text(OWN_MAPPING, encoding="utf-8")
    path = tmp_path / "Skolininkai_2026.csv"
    rows = "Sąskaita;Kliento nr.;Pavadinimas;Suma;Data\nSF-1;77;Šiaulių grūdai;1 234,50;05.09.2026\n"
    path.write_bytes(rows.encode("cp1257"))
    summary = bring_in("invoices", path)
    (file,) = summary.as_json()["files"]
    assert (file["mapping"], file["encoding"], file["delimiter"]) == ("our_books", "cp1257", ";")
    invoice = session.scalars(select(Invoice)).one()
    assert (invoice.amount, invoice.due_on) == (Money(123450, "EUR"), date(2026, 10, 5))
    customer = customers.by_number("77")
    assert customer
    assert (customer.name, customer.language) == ("Šiaulių grūdai", "lt")
