"""Staff place, see and end what stops reminders; holds and their sources stay in step."""

import random
import re
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from models import accounts, audit, claims, holds, pauses, payments, promises
from models.customers import Contact, Customer
from models.database import session
from models.errors import Refused
from models.holds import HoldKind
from models.ledger import Entry
from models.money import Money
from models.reports.verify import verify
from models.transactions import transaction
from tests.backoffice.reading import error_at, errors_above, events, shown
from tests.conftest import NOW, TODAY
from tests.making import Maker

TYPED: dict[HoldKind, dict[str, str]] = {
    HoldKind.PAUSE: {"until_on": str(TODAY + timedelta(days=10))},
    HoldKind.HARDSHIP: {},
    HoldKind.BREATHING_SPACE: {},
    HoldKind.CEASE_CONTACT: {},
    HoldKind.WRONG_ADDRESS: {},
    HoldKind.LEGAL_REPRESENTATIVE: {"representative": "Advokatė Rasa, Vilnius"},
}
UNTIL = {HoldKind.PAUSE: TODAY + timedelta(days=10), HoldKind.BREATHING_SPACE: TODAY + timedelta(days=60)}


@pytest.fixture
def customer(make: Maker) -> Customer:
    customer = make.customer()
    session.expunge(customer)
    return customer


@pytest.fixture
def contact(make: Maker, customer: Customer) -> Contact:
    return make.contact(customer)


def living(customer: Customer, on: date = TODAY) -> list[tuple[HoldKind, int | None, str | None, date | None]]:
    session.rollback()
    return [(one.kind, one.entry_id, one.currency, one.until_on) for one in holds.living([customer.id], on)]


def end_address(desk: FlaskClient, customer: Customer) -> str:
    return re.findall(r"/staff/customers/\d+/holds/\d+/end", desk.get(f"/staff/customers/{customer.id}/holds").text)[0]


def test_each_kind_is_placed_seen_and_ended_by_its_page(desk: FlaskClient, make: Maker, customer: Customer) -> None:
    make.invoice(customer)
    for kind, typed in TYPED.items():
        form = f"/staff/customers/{customer.id}/holds/new?kind={kind}"
        assert errors_above(desk.post(form, data=typed)) == ["Write down why."]
        assert desk.post(form, data={**typed, "reason": f"Because {kind}"}).status_code == 303
        assert living(customer) == [(kind, None, None, UNTIL.get(kind))]
        assert errors_above(desk.post(form, data={**typed, "reason": "Twice"}))
        page = shown(desk.get(f"/staff/customers/{customer.id}/holds"))
        assert f"Because {kind}" in page
        assert "The finance" in page
        address = end_address(desk, customer)
        assert error_at(desk.post(address, data={"reason": ""}), "reason")
        assert desk.post(address, data={"reason": "It is over"}).status_code == 303
        assert living(customer) == []
        assert desk.post(address, data={"reason": "Again"}).status_code == 422
    assert events(customer.id)[-2:] == ["hold.legal_representative", "hold.ended"]
    assert "Ended: It is over" in shown(desk.get(f"/staff/customers/{customer.id}/holds"))


def test_one_item_rests_and_the_others_do_not(desk: FlaskClient, make: Maker, customer: Customer) -> None:
    item, other = make.invoice(customer), make.invoice(customer)
    theirs = make.invoice(make.customer())
    form = f"/staff/customers/{customer.id}/holds/new?kind=pause"
    until = TODAY + timedelta(days=5)
    assert desk.post(form, data={"item": theirs.id, "until_on": until, "reason": "x"}).status_code == 422
    assert error_at(desk.post(form, data={"item": item.id, "reason": "x"}), "until_on") == "A pause needs a last day."
    assert desk.post(form, data={"item": item.id, "until_on": until, "reason": "x"}).status_code == 303
    assert living(customer) == [(HoldKind.PAUSE, item.id, "EUR", until)]
    assert living(customer, until) == []
    rows = accounts.statement_page(customer.id, TODAY).rows
    assert {row.item.entry_id: row.status for row in rows} == {item.id: "on_hold", other.id: "late"}


def test_a_breathing_space_for_a_crisis_lasts_as_long_as_the_treatment_and_30_days(
    desk: FlaskClient, customer: Customer
) -> None:
    form = f"/staff/customers/{customer.id}/holds/new?kind=breathing_space"
    assert desk.post(form, data={"crisis": "y", "reason": "Certificate 7"}).status_code == 303
    assert living(customer, TODAY + timedelta(days=400)) == [(HoldKind.BREATHING_SPACE, None, None, None)]
    treatment = end_address(desk, customer).replace("/end", "/treatment")
    tomorrow = {"treated_until": TODAY + timedelta(days=1)}
    assert error_at(desk.post(treatment, data=tomorrow), "treated_until")
    assert desk.post(treatment, data={"treated_until": TODAY}).status_code == 303
    until = TODAY + timedelta(days=30)
    assert living(customer) == [(HoldKind.BREATHING_SPACE, None, None, until)]
    assert living(customer, until) == []
    assert verify(now=NOW).ok


def test_a_promise_made_on_a_call_covers_the_oldest_first(
    desk: FlaskClient, make: Maker, customer: Customer, contact: Contact
) -> None:
    new, old = make.invoice(customer, 10_000), make.invoice(customer, 20_000, issued_on=TODAY - timedelta(days=90))
    form = f"/staff/customers/{customer.id}/promises/new"
    assert 'value="300.00"' in desk.get(form).text
    late = {"amount": "250", "pay_on": TODAY + timedelta(days=15)}
    assert error_at(desk.post(form, data=late), "pay_on").startswith("Choose a day from")
    assert desk.post(form, data={"amount": "250", "pay_on": TODAY + timedelta(days=3)}).status_code == 303
    session.rollback()
    held = {one.entry_id: one.claimed_minor for one in holds.living([customer.id], TODAY)}
    assert held == {old.id: 20_000, new.id: 5_000}
    assert "Will pay €250.00" in shown(desk.get(f"/staff/customers/{customer.id}/holds"))
    assert desk.post(end_address(desk, customer), data={"reason": "They called"}).status_code == 303
    assert living(customer) == []


SOURCES = {
    "promises": ("state = 'kept'", "state = 'open'"),
    "claims": ("state = 'closed'", "state = 'open'"),
    "pauses": ("ended_at = now()", "ended_at = null"),
}
TAMPERING = (
    ("ended_at = now(), ended_on = from_on", "ended_at = null, ended_on = null"),
    ("kind = 'hardship'", "kind = '{kind}'"),
    ("until_on = until_on + 1", "until_on = until_on - 1"),
    ("source = source || '0'", "source = rtrim(source, '0')"),
)


def _place(what: str, customer: Customer, contact: Contact, item: Entry) -> None:
    at = {"by": audit.Actor(audit.ActorKind.CONTACT, contact.id), "on": TODAY, "now": NOW}
    if what == "promises":
        promises.make(customer.id, {item.id: Money(5_000, "EUR")}, pay_on=TODAY, **at)
    elif what == "claims":
        items = payments.payable_items(customer.id, TODAY)
        claims.say_paid(customer, contact, items, claims.Said(Money(6_000, "EUR"), TODAY, "card"), **at)
    else:
        pauses.place(customer.id, HoldKind.PAUSE, "x", until_on=TODAY + timedelta(days=2), entry_id=item.id, **at)


@pytest.mark.parametrize("what", SOURCES)
def test_a_hold_without_its_source_and_a_source_without_its_hold_are_named(
    what: str, engine: Engine, make: Maker, customer: Customer, contact: Contact
) -> None:
    item = make.invoice(customer)
    with transaction():
        _place(what, customer, contact, item)
    kind = holds.living([customer.id], TODAY)[0].kind
    wrongs = [(what, *SOURCES[what]), *(("holds", *pair) for pair in TAMPERING)]
    for table, wrong, right in wrongs:
        for statement, broken in ((wrong, {"I15"}), (right, set())):
            session.rollback()
            with engine.begin() as connection:
                connection.exec_driver_sql("set local session_replication_role = replica")
                connection.exec_driver_sql(f"update {table} set {statement.format(kind=kind)}")
            assert {row.invariant for row in verify(now=NOW).broken} == broken, statement


def test_holds_and_their_sources_stay_in_step_whatever_happens(
    make: Maker, customer: Customer, contact: Contact
) -> None:
    """A hundred random acts of customers, staff and days; what is refused changes nothing."""
    chance = random.Random(20_261_122)
    items = [make.invoice(customer, 10_000) for _ in range(4)]
    life, day, done = Life(chance, customer, contact, items), TODAY, 0
    for place in range(100):
        now = NOW + timedelta(days=(day - TODAY).days, seconds=place)
        at = {"by": audit.Actor(audit.ActorKind.STAFF, 1), "on": day, "now": now}
        try:
            with transaction():
                life.happen(at)
                done += 1
        except Refused:
            pass
        if chance.random() < 0.2:
            day += timedelta(days=chance.randint(1, 5))
            promises.judge(day, now=now)
            claims.lapse(day, now=now)
    assert done > 50
    assert verify(now=now).broken == []


At = dict[str, object]


@dataclass
class Life:
    """What may happen to one customer; `at` says who, on which day, at which moment."""

    chance: random.Random
    customer: Customer
    contact: Contact
    items: list[Entry]

    def happen(self, at: At) -> None:
        names = ("promise", "promise", "say_paid", "place", "place", "rest", "end", "end", "move", "treat", "disown")
        getattr(self, self.chance.choice(names))(at)

    def rows(self, kind: type) -> list[object]:
        living = (one.row for one in accounts.stopping([self.customer.id]) if one.ended_on is None)
        return [row for row in living if isinstance(row, kind)]

    def promise(self, at: At) -> None:
        share = {self.chance.choice(self.items).id: Money(self.chance.randint(1, 9_000), "EUR")}
        promises.make(self.customer.id, share, pay_on=at["on"], **at)

    def say_paid(self, at: At) -> None:
        item_id = self.chance.choice(self.items).id
        open_items, amount = payments.payable_items(self.customer.id, at["on"]), self.chance.randint(1, 30_000)
        said = claims.Said(Money(amount, "EUR"), at["on"], "cash", item_id=item_id)
        claims.say_paid(self.customer, self.contact, open_items, said, **at)

    def place(self, at: At) -> None:
        facts = {"representative": "R", "crisis": self.chance.random() < 0.5}
        pauses.place(self.customer.id, self.chance.choice(pauses.PLACED), "x", **facts, **at)

    def rest(self, at: At) -> None:
        until = at["on"] + timedelta(days=self.chance.randint(1, 9))
        entry_id = self.chance.choice(self.items).id
        pauses.place(self.customer.id, HoldKind.PAUSE, "x", until_on=until, entry_id=entry_id, **at)

    def end(self, at: At) -> None:
        ways = {promises.Promise: promises.withdraw, claims.Claim: claims.close, pauses.Pause: pauses.end}
        kind = self.chance.choice(list(ways))
        for row in self.rows(kind)[:1]:
            ways[kind](row, reason="over", **at)

    def move(self, at: At) -> None:
        for row in self.rows(promises.Promise):
            promises.move(row, at["on"] + timedelta(days=3), **at)

    def treat(self, at: At) -> None:
        for row in self.rows(pauses.Pause):
            pauses.end_treatment(row, at["on"], **at)

    def disown(self, at: At) -> None:
        claims.disown(self.customer, self.contact, "fraud", "", **at)
