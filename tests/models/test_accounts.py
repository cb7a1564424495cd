"""What both doors show of a customer: the statement on any day, on paper, in files, and everything that happened."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from pypdf import PdfReader

from models import accounts, audit, company, customers, desk, ledger, messages
from models.audit import Actor, ActorKind
from models.customers import Customer, merges, notes
from models.ledger import Entry, Side
from models.money import Money
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker

DAY = timedelta(days=1)
STAFF = Actor(ActorKind.STAFF, None, "Eglė")


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer(number="ab-7")


def total_of(customer_id: int, on: date, currency: str = "EUR") -> int:
    return sum(one.total.minor for one in accounts.statements(customer_id, on) if one.currency == currency)


def allocate(credit: Entry, debit: Entry, minor: int) -> None:
    with transaction():
        fresh = [ledger.entry_of(one.customer_id, one.id) for one in (credit, debit)]
        ledger.allocate(*fresh, Money(minor, credit.currency), now=NOW)


def join(branch: Customer, head: Customer, on: date) -> None:
    with transaction():
        merges.merge(branch, head, effective_on=on, by=audit.COMMAND, now=NOW)


# The statement is the ledger

what_happened = some.lists(
    some.tuples(
        some.sampled_from(["invoice", "receipt"]),
        some.integers(1, 50_000),
        some.integers(0, 40),
        some.booleans(),
        some.booleans(),
    ),
    min_size=1,
    max_size=7,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=what_happened, joined_days_ago=some.integers(0, 45))
def test_on_any_past_day_the_statement_is_what_was_billed_less_what_was_received(
    make: Maker, events: list[tuple[str, int, int, bool, bool]], joined_days_ago: int
) -> None:
    head, branch = make.customer(), make.customer()
    joined_on = TODAY - joined_days_ago * DAY
    moves: list[tuple[int, date, int]] = []
    for kind, minor, days_ago, of_branch, apply in events:
        whose, day = branch if of_branch else head, TODAY - days_ago * DAY
        if kind == "invoice":
            make.invoice(whose, minor, issued_on=day, due_on=day + 10 * DAY)
        else:
            receipt = make.receipt(whose, minor, on=day)
            with transaction():
                if apply:
                    ledger.allocate_oldest_first(ledger.entry_of(whose.id, receipt.id), now=NOW)
        moves.append((whose.id, day, minor if kind == "invoice" else -minor))
    join(branch, head, joined_on)
    for days_ago in range(0, 46, 3):
        day = TODAY - days_ago * DAY
        members = {head.id, branch.id} if day >= joined_on else {head.id}
        expected = sum(minor for whose_id, moved_on, minor in moves if whose_id in members and moved_on <= day)
        assert total_of(head.id, day) == expected
        for one in accounts.statements(head.id, day):
            assert sum(item.left.minor for item in one.rows) == one.total.minor
            assert [one.balance] == ledger.balances(sorted(members), day)
        shown = accounts.statement_page(head.id, day)
        assert (shown.balance.owed.minor if shown.balance else 0) == expected


def test_news_of_the_past_changes_a_past_day_and_the_old_statement_can_be_printed_again(
    customer: Customer, make: Maker
) -> None:
    make.invoice(customer, 10_000, issued_on=TODAY - 30 * DAY)
    printed_at = NOW + timedelta(hours=1)
    before = accounts.statements(customer.id, TODAY - 10 * DAY)
    make.now = NOW + timedelta(days=2)
    make.receipt(customer, 4_000, on=TODAY - 20 * DAY)
    assert total_of(customer.id, TODAY - 10 * DAY) == 6_000
    again = accounts.statements(customer.id, TODAY - 10 * DAY, known_at=printed_at)
    assert [(one.total, one.rows) for one in again] == [(one.total, one.rows) for one in before]


def test_a_joined_account_counts_from_its_day_and_only_once_it_was_known(make: Maker) -> None:
    head, branch = make.customer(), make.customer()
    make.invoice(head, 100, issued_on=TODAY - 30 * DAY)
    make.invoice(branch, 20_000, issued_on=TODAY - 30 * DAY)
    join(branch, head, TODAY - 5 * DAY)
    assert [total_of(head.id, TODAY - days * DAY) for days in (6, 5, 0)] == [100, 20_100, 20_100]
    assert total_of(branch.id, TODAY) == 20_000
    known_before = accounts.statements(head.id, TODAY, known_at=NOW - DAY)
    assert sum(one.total.minor for one in known_before) == 0
    with transaction():
        merges.undo(merges.living_merge(branch.id), by=audit.COMMAND, now=NOW + DAY)
    assert total_of(head.id, TODAY) == 100
    while_joined = accounts.statements(head.id, TODAY, known_at=NOW + timedelta(hours=1))
    assert sum(one.total.minor for one in while_joined) == 20_100


def test_a_merge_of_tomorrow_is_not_on_today_s_statement(make: Maker) -> None:
    head, branch = make.customer(), make.customer()
    make.invoice(branch, 20_000)
    join(branch, head, TODAY + DAY)
    assert (total_of(head.id, TODAY), total_of(head.id, TODAY + DAY)) == (0, 20_000)
    assert accounts.statement_page(head.id, TODAY).balance is None


def test_each_currency_has_its_own_statement_and_none_is_mixed(customer: Customer, make: Maker) -> None:
    for currency, minor in (("KWD", 12_345), ("JPY", 5_000), ("EUR", 199)):
        make.invoice(customer, minor, currency=currency)
    shown = accounts.statements(customer.id, TODAY)
    assert [one.total.plain() for one in shown] == ["1.99", "5000", "12.345"]
    assert accounts.currencies_of(customer.id, TODAY) == ["EUR", "JPY", "KWD"]
    assert accounts.statement_page(customer.id, TODAY, currency="JPY").balance.open == Money(5_000, "JPY")
    assert accounts.statement_page(customer.id, TODAY, currency="USD").balance.currency == "EUR"


def test_pages_of_open_items_neither_repeat_nor_lose_one(customer: Customer, make: Maker) -> None:
    entries = [make.invoice(customer, 100, due_on=TODAY - place % 3 * DAY).id for place in range(7)]
    pages = [accounts.statement_page(customer.id, TODAY, page=page, size=3) for page in (1, 2, 3)]
    assert sorted(row.item.entry_id for page in pages for row in page.rows) == sorted(entries)
    dues = [row.item.due_on for page in pages for row in page.rows]
    assert (dues, {page.pages for page in pages}) == (sorted(dues), {3})


@pytest.mark.parametrize("page", [0, -1, 4, 10**30])
def test_a_page_that_is_not_there_is_empty_and_no_error(customer: Customer, make: Maker, page: int) -> None:
    make.invoice(customer)
    assert list(accounts.statement_page(customer.id, TODAY, page=page).rows) == []


def test_an_item_says_how_late_it_is_and_what_of_it_is_on_its_way(customer: Customer, make: Maker) -> None:
    make.invoice(customer, 100, due_on=TODAY - 3 * DAY)
    make.invoice(customer, 100, due_on=TODAY)
    make.receipt(customer, 30)
    shown = accounts.statement_page(customer.id, TODAY)
    assert [(row.status, row.days_late, row.payable.minor) for row in shown.rows] == [
        ("late", 3, 100),
        ("not_due", 0, 100),
    ]
    assert [item.left.minor for item in shown.credits] == [-30]
    assert (shown.balance.overdue.minor, shown.balance.owed.minor) == (100, 170)


# Files

OUTSIDE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "INV-7", "0200", ""]


def test_no_cell_of_the_file_is_a_formula(customer: Customer, make: Maker) -> None:
    for place, number in enumerate(["=HYPERLINK(1)", "@a", "+1", "-5"]):
        make.invoice(customer, 100 + place, number=number)
    with transaction():
        desk.enter_receipt(
            customer.id, Money(5, "EUR"), method=desk.Method.CASH, paid_on=TODAY, reference='=cmd|" /C calc"!A0',
            payer="", key="k", by=STAFF, now=NOW,
        )  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(accounts.statement_csv(customer, TODAY).removeprefix("\ufeff"))))
    typed = [row[column] for row in rows for column in ("number", "reference") if row[column]]
    assert sorted(typed) == ["'+1", "'-5", "'=HYPERLINK(1)", '\'=cmd|" /C calc"!A0', "'@a"]
    assert sum(Decimal(row["open"]) for row in rows) == Decimal(total_of(customer.id, TODAY)) / 100
    assert [row["amount"] for row in rows if row["kind"] == "receipt"] == ["-0.05"]


def test_text_is_marked_only_where_a_spreadsheet_would_run_it() -> None:
    assert [accounts.safe_cell(text) for text in OUTSIDE] == [f"'{text}" for text in OUTSIDE[:6]] + OUTSIDE[6:]


def test_the_json_statement_adds_up_in_the_currency_s_decimals(customer: Customer, make: Maker) -> None:
    invoice = make.invoice(customer, 12_345, currency="KWD", number="k-1")
    allocate(make.receipt(customer, 2_000, currency="KWD"), invoice, 345)
    [one] = accounts.statements(customer.id, TODAY)
    told = accounts.statement_json(one, customer)
    assert (told["customer"], told["currency"], told["as_of"]) == ("AB-7", "KWD", TODAY.isoformat())
    assert [(row["number"], row["amount"], row["open"]) for row in told["rows"]] == [
        *(("k-1", "12.345", "12.000"), ("", "-2.000", "-1.655")),
    ]
    assert told["total"] == "10.345"


# Paper


def printed(customer: Customer, on: date = TODAY, language: str = "en") -> str:
    pdf = accounts.statement_pdf(customer, on, company.get(), now=NOW, language=language)
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_the_paper_says_what_the_ledger_says_with_both_its_dates(customer: Customer, make: Maker) -> None:
    invoice = make.invoice(customer, 128_450, number="INV-0099")
    allocate(make.receipt(customer, 50_000), invoice, 28_450)
    with transaction():
        row = company.locked()
        row.bank_money_until, row.iban = TODAY - DAY, "LT12 1000 0111 0100 1000"
    said = printed(customer)
    for text in ("INV-0099", "1,284.50", "€1,000.00", "215.50", "€784.50", "30 days late", "LT12 1000 0111 0100 1000"):
        assert text in said, text
    assert "Effective by 22 Nov 2026, as known at 22 Nov 2026" in said
    assert "Bank payments included up to 21 Nov 2026" in said
    assert "ab-7" in said


def test_the_paper_of_a_past_day_shows_that_day(customer: Customer, make: Maker) -> None:
    allocate(make.receipt(customer, 10_000, on=TODAY - DAY), make.invoice(customer, 10_000), 10_000)
    assert "100.00" in printed(customer, TODAY - 2 * DAY)
    assert "You owe nothing. Thank you." in printed(customer)


def test_the_paper_keeps_currencies_apart(customer: Customer, make: Maker) -> None:
    make.invoice(customer, 5_000, currency="JPY")
    make.invoice(customer, 12_340, currency="KWD")
    said = printed(customer)
    assert "¥5,000" in said
    assert "12.340" in said
    assert "Open items in JPY" in said


def test_whatever_kind_of_item_is_open_has_a_word_on_paper(customer: Customer) -> None:
    from models.accounts.kinds import WORDS_OF_KINDS

    assert set(WORDS_OF_KINDS) == {kind.value for kind in ledger.EntryKind}


def test_a_name_is_text_on_paper_and_nothing_else(make: Maker) -> None:
    assert '#read("/etc/passwd")' in printed(make.customer('#read("/etc/passwd")'))


# Everything that happened


def test_the_timeline_tells_everything_newest_first_and_who_did_it(customer: Customer, make: Maker) -> None:
    invoice = make.invoice(customer, 10_000, number="INV-1")
    receipt = make.receipt(customer, 4_000)
    with transaction():
        mine = ledger.entry_of(customer.id, receipt.id)
        row = ledger.allocate(mine, ledger.entry_of(customer.id, invoice.id), Money(4_000, "EUR"), now=NOW + DAY)
        desk.take_back(row, reason="mistake", by=STAFF, now=NOW + 2 * DAY)
        notes.write(customer.id, "called", by=STAFF, now=NOW + 3 * DAY)
        mail = {"kind": "receipt", "language": "en", "subject": "We received", "text": "t", "html": "h"}
        messages.queue(customer.id, **mail, dedupe_key="m", address="ap@example.test", now=NOW + 4 * DAY)
        customers.change(customers.find(customer.id), terms="14", by=STAFF, now=NOW + 5 * DAY)
    told = accounts.timeline([customer.id])
    assert [event.what for event in told[:5]] == ["customer.changed", "mail.receipt", "note", "taken_back", "allocated"]
    assert {event.what for event in told[5:]} == {"receipt", "invoice", "customer.added"}
    assert [event.at for event in told] == sorted((event.at for event in told), reverse=True)
    assert (told[2].by, told[2].text, told[3].amount, told[3].number) == (
        "Eglė",
        "called",
        Money(4_000, "EUR"),
        "INV-1",
    )
    assert {event.entry_id for event in told if event.what in ("allocated", "taken_back", "receipt")} == {receipt.id}


def test_pages_of_the_timeline_neither_repeat_nor_lose_anything(customer: Customer, make: Maker) -> None:
    for _ in range(6):
        make.invoice(customer)
    whole = accounts.timeline([customer.id])
    pages = [accounts.timeline([customer.id], most=3, skip=skip) for skip in (0, 3, 6)]
    assert [event for page in pages for event in page] == whole


def test_the_timeline_of_joined_accounts_holds_both(make: Maker) -> None:
    head, branch = make.customer(), make.customer()
    ours, theirs = make.invoice(head), make.invoice(branch)
    join(branch, head, TODAY)
    told = accounts.timeline(merges.family(head.id))
    assert {event.entry_id for event in told if event.what == "invoice"} == {ours.id, theirs.id}
    assert theirs.side == Side.DEBIT
