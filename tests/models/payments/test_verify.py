"""I6, I7, I13 of `verify`: what Stripe said and what the ledger says of it, broken on purpose and seen named."""

from dataclasses import dataclass

import pytest
from sqlalchemy import Engine, text

from models.customers import Contact, Customer
from models.database import session
from models.ledger import Entry
from models.payments import Attempt
from models.reports.verify import verify
from tests.making import Maker
from tests.models.payments.shop import Shop

MINE = ("I6", "I7", "I13")


@dataclass(frozen=True)
class Told:
    """120.00 paid, 50.00 refunded, 10.00 refunded in vain, 70.00 charged back and won back."""

    shop: Shop
    engine: Engine
    customer: Customer
    attempt: Attempt
    keys: dict[str, str]

    def tamper(self, *statements: str) -> None:
        """What only somebody with the keys to the database can do: triggers and foreign keys sleep."""
        session.rollback()
        with self.engine.begin() as connection:
            connection.exec_driver_sql("set local session_replication_role = replica")
            for statement in statements:
                connection.exec_driver_sql(statement)

    def named(self) -> set[tuple[str, str, str, str]]:
        """A changed entry breaks other invariants too; they have tests of their own."""
        broken = verify(now=self.shop.moment).broken
        return {(row.invariant, row.table, row.expected, row.found) for row in broken if row.invariant in MINE}


@pytest.fixture
def told(shop: Shop, engine: Engine, contact: Contact, customer: Customer, invoice: Entry) -> Told:
    attempt = shop.open(contact, invoice)
    shop.press_pay(attempt)
    shop.refund_there(attempt, 5_000)
    shop.refund_there(attempt, 1_000)
    shop.till.control(finish_refund={"id": shop.there("refund")[0]["id"], "status": "failed"})
    shop.close_dispute(shop.dispute(attempt, amount=7_000), won=True)
    shop.sync(attempt)
    keys: dict[str, str] = {}
    for entry in shop.entries(customer):
        keys.setdefault(entry.dedupe_key.partition(":")[2], entry.dedupe_key)
    return Told(shop, engine, customer, shop.attempt(attempt), keys)


def test_what_stripe_told_is_whole_and_all_of_it_was_looked_at(told: Told) -> None:
    proof = verify(now=told.shop.moment)
    assert proof.broken == []
    assert {name: proof.checked[name] for name in MINE} == {"I6": 5, "I7": 1 + 3 + 2, "I13": 2}


@pytest.mark.parametrize("what", ["paid", "refund", "refund_failed", "withdrawn", "reinstated"])
def test_an_entry_that_is_missing_or_of_another_amount_is_named(told: Told, what: str) -> None:
    key = told.keys[what]
    table = {"paid": "attempts", "withdrawn": "chargebacks", "reinstated": "chargebacks"}.get(what, "refunds")
    told.tamper(f"update entries set amount_minor = amount_minor + 1 where dedupe_key = '{key}'")
    [(invariant, where, expected, found)] = told.named()
    assert (invariant, where) == ("I7", table)
    assert key in expected
    assert int(found.split()[1]) == int(expected.split()[2]) + 1
    told.tamper(f"delete from entries where dedupe_key = '{key}'")
    assert told.named() == {("I7", table, expected, "nothing")}


def test_money_that_stripe_knows_nothing_of_is_named(told: Told) -> None:
    told.tamper("delete from chargebacks")
    assert told.named() == {("I7", "entries", "nothing", "70.00")}


def test_a_refund_entered_in_another_currency_is_named(told: Told) -> None:
    told.tamper(f"update entries set currency = 'USD' where dedupe_key = '{told.keys['refund']}'")
    [(invariant, table, expected, found)] = told.named()
    assert (invariant, table) == ("I7", "refunds")
    assert (expected.split()[-1], found.split()[-1]) == ("EUR", "USD")


def test_an_id_of_stripes_that_two_rows_claim_is_named(told: Told, make: Maker) -> None:
    other = told.shop.open(make.contact(make.customer()), make.invoice(make.customer()))
    intent = told.attempt.payment_intent_id
    told.tamper(f"update attempts set payment_intent_id = '{intent}' where id = '{other.id}'")
    assert ("I6", "gateway_objects", f"once: {intent}", "2 times") in told.named()
    assert {row[0] for row in told.named()} == {"I6"}


def test_an_id_that_the_registry_gives_to_another_or_to_nobody_is_named(told: Told) -> None:
    session_id = told.attempt.session_id
    told.tamper(f"delete from gateway_objects where object_id = '{session_id}'")
    assert told.named() == {("I6", "gateway_objects", f"{session_id} registered for it", "nothing")}


def test_two_successes_of_one_payment_page_are_named(told: Told) -> None:
    told.tamper(
        "alter table attempts drop constraint uq_attempts_customer_id_session_id",
        "alter table attempts drop constraint uq_attempts_customer_id_payment_intent_id",
        "insert into attempts select customer_id, gen_random_uuid(), contact_id, kind, currency, amount_minor, state,"
        " request_json, session_id, session_url, payment_intent_id, decline_code, sync_no, asked_at, sent_at,"
        " synced_at, expires_at, next_try_at, tries from attempts",
    )
    assert ("I6", "attempts", f"1 success for {told.attempt.session_id}", "2") in told.named()


def test_more_refunded_than_was_paid_is_named(told: Told) -> None:
    told.tamper("update refunds set amount_minor = 12001 where state = 'succeeded'")
    assert ("I13", "refunds", "120.00", "120.01") in told.named()


def test_a_refund_that_nobody_looks_at_again_is_named(told: Told) -> None:
    told.tamper("update refunds set state = 'sent', next_try_at = now() + interval '3 years'")
    [table] = {row.table for row in verify(now=told.shop.moment).broken if row.invariant == "I12"}
    assert table == "refunds"


def test_one_customer_is_proved_alone(told: Told, make: Maker) -> None:
    told.tamper("delete from chargebacks")
    session.rollback()
    other = make.customer()
    assert verify(other.id, now=told.shop.moment).ok
    assert session.scalar(text("select count(*) from customers")) > 1
