"""A version tried on the end of the last quarter, against the same done by hand."""

from dataclasses import replace
from datetime import date

from models import ledger
from models.customers import CustomerKind
from models.database import session
from models.plans import policies
from models.plans.trying import Quarter, try_out
from models.policies.plans import Rule, Wanted
from models.promises.records import Promise, PromiseState
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.models.plans.conftest import changed

END = date(2026, 9, 30)
BEFORE = {"issued_on": date(2026, 7, 1), "due_on": date(2026, 8, 1)}


def test_a_quarter_is_over_before_it_is_tried_on() -> None:
    assert Quarter.last(TODAY) == Quarter(2026, 3)
    assert (Quarter.last(date(2026, 3, 31)), Quarter.last(date(2026, 1, 1))) == (Quarter(2025, 4), Quarter(2025, 4))
    assert (Quarter(2026, 3).ends_on, Quarter(2025, 4).ends_on) == (END, date(2025, 12, 31))


def test_who_would_have_qualified_is_read_as_of_the_quarters_end(make: Maker, first: Rule, written) -> None:
    firm = make.customer(kind=CustomerKind.BUSINESS, country="PL")
    make.invoice(firm, 6_000_00, **BEFORE)
    make.invoice(firm, 9_000_00, issued_on=date(2026, 9, 1), due_on=date(2026, 10, 1))  # Not overdue by then.
    late_payer = make.customer()
    debit = make.invoice(late_payer, 300_00, **BEFORE)
    with transaction():  # Paid in October: still owed when the quarter ended.
        ledger.allocate_oldest_first(make.receipt(late_payer, 300_00, on=date(2026, 10, 5)), now=NOW)
    make.receipt(late_payer, 50_00, on=date(2026, 9, 9))  # A credit counts in.
    liar = make.customer()
    make.invoice(liar, 100_00, **BEFORE)
    promised(liar.id, debit.currency, date(2026, 6, 30))
    make.invoice(make.customer(), 39_99, **BEFORE)
    make.invoice(make.customer(), 500_00, **BEFORE)
    make.invoice(make.customer(), 10_000_00, currency="PLN", **BEFORE)
    version = written(
        replace(first, past=Wanted.BROKEN),
        replace(changed(first, alone_up_to=None), id=0, name="Polish firms", kind="business", country="PL"),
        replace(first, id=0, name="Others", kind="consumer", up_to_minor=499_99),
    )
    tried = try_out(version.id, Quarter(2026, 3))
    assert [(one.rule.name, one.qualified, one.money.minor, one.alone, one.without) for one in tried.by_rule] == [
        ("Everyone", 1, 100_00, 1, 0),
        ("Polish firms", 1, 6_000_00, 1, 0),
        ("Others", 1, 250_00, 1, 1),
    ]
    assert [(one.currency, one.without, one.without_money.minor) for one in tried.nobodys] == [
        *(("EUR", 1, 500_00), ("PLN", 1, 10_000_00)),
    ]
    live = try_out(policies.in_force().version_id, Quarter(2026, 3))
    assert [(one.qualified, one.alone, one.alone_money.minor) for one in live.by_rule] == [(4, 3, 850_00)]
    assert [(one.currency, one.qualified, one.without) for one in live.totals()] == [("EUR", 4, 1), ("PLN", 0, 1)]


def promised(customer_id: int, currency: str, ended_on: date) -> None:
    facts = {"pay_on": ended_on, "answer_on": ended_on, "made_on": ended_on, "made_at": NOW, "ended_on": ended_on}
    with transaction():
        session.add(
            Promise(customer_id=customer_id, currency=currency, amount_minor=1, state=PromiseState.BROKEN, **facts)
        )
