"""Eight at once want sixty of the same hundred; sixty is given once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import Engine, text

from models import ledger
from models.database import session
from models.ledger import AllocationRefused
from models.money import Money
from models.reports.verify import verify
from models.transactions import release, transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker

CONNECTIONS = 8
SIXTY = Money(60, "EUR")


def race(make: Maker, receipts: int) -> None:
    customer = make.customer()
    invoices = [make.invoice(customer, 60 * receipts).id for _ in range(CONNECTIONS)]
    with transaction():
        facts = {"effective_on": TODAY, "now": NOW}
        hundreds = [
            ledger.receive(customer.id, Money(100, "EUR"), dedupe_key=f"hundred {number}", **facts).id
            for number in range(receipts)
        ]
    release()
    everybody = Barrier(CONNECTIONS)

    def allocate(receipt_id: int, invoice_id: int) -> bool:
        try:
            with transaction():
                receipt = ledger.entry_of(customer.id, receipt_id)
                if receipt.left < SIXTY:
                    return False
                ledger.allocate(receipt, ledger.entry_of(customer.id, invoice_id), SIXTY, now=NOW)
        except AllocationRefused:
            return False
        return True

    def take_sixty_of_each(invoice_id: int) -> int:
        taken = 0
        try:
            for receipt_id in hundreds:
                everybody.wait(timeout=60)
                taken += allocate(receipt_id, invoice_id)
        except BaseException:
            everybody.abort()
            raise
        finally:
            release()
        return taken

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        taken = list(pool.map(take_sixty_of_each, invoices))
    used = session.execute(text("select credit_id, sum(amount_minor) from allocations group by 1")).all()
    assert [minor for _, minor in used] == [60] * receipts
    assert sum(taken) == receipts
    assert min(taken) < receipts, "one connection won every race: nobody raced"
    assert verify(now=NOW).broken == []


def test_eight_at_once_never_use_more_than_there_is(engine: Engine, make: Maker) -> None:
    race(make, receipts=100)


@pytest.mark.prove
def test_eight_at_once_never_use_more_than_there_is_of_a_thousand(engine: Engine, make: Maker) -> None:
    race(make, receipts=1_000)
