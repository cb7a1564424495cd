"""A dispute while a payment is on its way: what is disputed is asked for no more, what was paid stands."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select, text

import standin
from models import approvals, audit, disputes, ledger, payments
from models.audit import Actor, ActorKind
from models.customers import Contact, contact_of, find
from models.database import session
from models.disputes import CreditWish, Outcome, Reason, Remedy
from models.errors import Refused
from models.holds import Hold, HoldKind
from models.ledger import Entry
from models.payments import Attempt, AttemptState, NotPayable
from models.reports.verify import verify
from models.staff import Principal
from models.transactions import release, transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.models.disputes.conftest import OpenCase
from tests.models.disputes.test_disputes import decide, eur
from tests.models.payments.shop import Shop

WRONG, WHOLE = 12_100, 18_150


@pytest.fixture
def shop(make: Maker, tmp_path: Path) -> Iterator[Shop]:
    with standin.running(tmp_path / "standin") as till:
        yield Shop(till, NOW)


def give_up(shop: Shop, item: Entry) -> None:
    payments.give_up_disputed(item.customer_id, item.id, on=TODAY, gateway=shop.gateway, now=shop.now)


def asked_jobs() -> list[str]:
    return list(session.scalars(text("select task_name from procrastinate_jobs order by id")))


def test_an_open_page_is_closed_and_the_choice_keeps_the_rest(
    shop: Shop, open_case: OpenCase, contact: Contact, item: Entry
) -> None:
    with transaction():
        payments.keep_choice(item.customer_id, contact.id, "EUR", {item.id: WHOLE}, now=NOW)
    attempt = shop.open(contact, item)
    open_case(WRONG)
    assert "payments.give_up_disputed" in asked_jobs()
    give_up(shop, item)
    assert payments.find(attempt.customer_id, attempt.id).state is AttemptState.EXPIRED
    choice = payments.choice(item.customer_id, contact.id, "EUR", TODAY)
    assert choice is not None
    assert choice.shares == [(item.id, eur(WHOLE - WRONG))]
    with pytest.raises(NotPayable, match="meanwhile"):
        shop.ask(contact, item)
    rest = shop.open(contact, item, WHOLE - WRONG)
    give_up(shop, item)
    assert payments.find(rest.customer_id, rest.id).state is AttemptState.OPEN, "it asks for nothing that is disputed"


def test_a_request_that_nobody_has_heard_of_is_never_sent(
    shop: Shop, open_case: OpenCase, contact: Contact, item: Entry
) -> None:
    attempt = shop.ask(contact, item)
    open_case(WRONG)
    with pytest.raises(Refused):
        shop.submit(attempt)
    assert shop.sessions() == []
    assert payments.payable_item(item.customer_id, item.id, TODAY).undisputed == eur(WHOLE - WRONG)


def test_what_was_paid_stands_and_an_upheld_case_gives_it_back_or_keeps_it(
    shop: Shop, open_case: OpenCase, contact: Contact, item: Entry, clerk: Principal, finance: Principal, cause: int
) -> None:
    attempt = shop.open(contact, item)
    shop.press_pay(attempt)
    dispute = open_case(WRONG)
    give_up(shop, item)
    assert payments.find(attempt.customer_id, attempt.id).state is AttemptState.SUCCEEDED
    assert disputes.is_about_paid(dispute)
    assert dispute.is_undecided
    decide(dispute, clerk, cause, outcome=Outcome.UPHELD, credits={1: eur(WRONG)})
    assert disputes.free_credit(dispute) == eur(WRONG)
    told = {"by": Actor(ActorKind.CONTACT, contact.id), "on": TODAY, "now": NOW}
    with transaction():
        disputes.choose_credit(dispute, CreditWish.KEEP, **told)
        disputes.choose_credit(dispute, CreditWish.REFUND, **told)
    assert asked_jobs().count("worklist.add") == 1
    with pytest.raises(Refused), transaction():
        disputes.choose_credit(dispute, CreditWish.KEEP, **told)
    with transaction():
        credit = approvals.Refund(
            customer_id=item.customer_id,
            entry_id=disputes.decisions_of(dispute)[0].entry_id or 0,
            amount=eur(WRONG),
            reason=dispute.number,
            effective_on=TODAY,
        )
        approvals.submit(credit, by=finance, now=NOW)
    assert not disputes.free_credit(dispute)
    assert verify(now=NOW).broken == []


def dispute_it(shop: Shop, customer_id: int, contact_id: int, entry_id: int) -> None:
    customer = find(customer_id)
    assert customer
    with transaction():
        disputes.open_case(
            *(customer, contact_of(customer_id, contact_id), entry_id, {None: eur(WRONG)}),
            **{"reason": Reason.DAMAGED, "wanted": Remedy.CREDIT, "text": "Broken"},
            by=Actor(ActorKind.CONTACT, contact_id),
            on=TODAY,
            now=NOW,
        )
    payments.give_up_disputed(customer_id, entry_id, on=TODAY, gateway=shop.gateway, now=shop.now)


def pay_it(shop: Shop, customer_id: int, contact_id: int, entry_id: int, *, presses: bool) -> None:
    contact, item = contact_of(customer_id, contact_id), ledger.entry_of(customer_id, entry_id)
    assert contact
    with suppress(Refused):  # The dispute was quicker.
        attempt = shop.open(contact, item)
        if presses:
            shop.press_pay(attempt)


def charge_it(shop: Shop, customer_id: int, entry_id: int, method_id: int, consent_id: int) -> None:
    """As a plan does on its day, while nobody is there."""
    with suppress(Refused):  # The dispute was quicker.
        with transaction():
            attempt = payments.request_charge(
                *(customer_id, [(entry_id, eur(WHOLE))]),
                **{"instalment_id": None, "method": method_id, "consent": consent_id, "description": "Instalment"},
                by=audit.JOB,
                on=TODAY,
                now=NOW,
            )
            attempt_id = attempt.id
        payments.submit_charge(customer_id, attempt_id, gateway=shop.gateway, now=shop.now)


def owing(shop: Shop, make: Maker, rounds: int) -> tuple[list[tuple[int, int, int]], dict[int, tuple[int, int]]]:
    """Customer, contact and item of each round; by the round the card and the consent of every third."""
    keys, kept = [], {}
    for number in range(rounds):
        customer = make.customer()
        contact = make.contact(customer, f"c{number}@x.test")
        keys.append((customer.id, contact.id, make.invoice(customer, WHOLE).id))
        if number % 3 == 2:
            card = shop.keep(contact)
            kept[number] = card.id, shop.agree(contact).id
    return keys, kept


def race(shop: Shop, make: Maker, rounds: int) -> Counter[str]:
    """
    All of it is paid while a colleague disputes a part: of each three payers one leaves Stripe's page open, one presses
    its button, and of one a kept card is charged.
    """
    keys, kept = owing(shop, make, rounds)
    release()
    together = threading.Barrier(2, timeout=30)

    def work(act: Callable[[int, tuple[int, int, int]], None]) -> None:
        for place, key in enumerate(keys):
            together.wait()
            try:
                act(place, key)
            finally:
                release()

    def pay(place: int, key: tuple[int, int, int]) -> None:
        if place in kept:
            charge_it(shop, key[0], key[2], *kept[place])
        else:
            pay_it(shop, *key, presses=place % 3 == 1)

    acts = (
        pay,
        lambda _, key: dispute_it(shop, *key),
    )
    threads = [threading.Thread(target=work, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(settled(shop, customer_id, entry_id) for customer_id, _, entry_id in keys)


def tried(customer_id: int) -> list[Attempt]:
    """Payments, without the page on which a card was given."""
    return [attempt for attempt in payments.of_customer(customer_id) if attempt.amount]


def settled(shop: Shop, customer_id: int, entry_id: int) -> str:
    """What the worker finds afterwards; whoever has not paid can pay the rest, and nothing more."""
    payments.give_up_disputed(customer_id, entry_id, on=TODAY, gateway=shop.gateway, now=shop.now)
    for attempt in tried(customer_id):
        payments.sync(customer_id, attempt.id, gateway=shop.gateway, now=shop.now)
    kinds = list(session.scalars(select(Hold.kind).where(Hold.customer_id == customer_id).order_by(Hold.id)))
    assert kinds in ([HoldKind.IN_FLIGHT, HoldKind.DISPUTE], [HoldKind.DISPUTE]), "asked for after it was disputed"
    [dispute] = disputes.of_customers([customer_id])
    states = {attempt.state for attempt in tried(customer_id)}
    item = ledger.entry_of(customer_id, entry_id)
    if AttemptState.SUCCEEDED in states:
        assert not item.left
        assert disputes.is_about_paid(dispute)
        return "paid"
    assert states <= {AttemptState.EXPIRED, AttemptState.CANCELED, AttemptState.FAILED}, states
    rest = payments.payable_item(customer_id, entry_id, TODAY)
    assert rest is not None
    assert (rest.undisputed, item.left) == (eur(WHOLE - WRONG), eur(WHOLE))
    return "not paid"


def check(became: Counter[str], rounds: int) -> None:
    assert became["paid"] + became["not paid"] == rounds
    assert verify(now=NOW).broken == []


def test_nothing_disputed_is_collected_by_a_page_that_opens_afterwards(shop: Shop, make: Maker) -> None:
    check(race(shop, make, 50), 50)


@pytest.mark.prove
def test_nothing_disputed_is_collected_in_a_thousand_races(shop: Shop, make: Maker) -> None:
    check(race(shop, make, 1_000), 1_000)
