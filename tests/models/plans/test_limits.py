"""What nobody gets by another way: a larger plan in parts, a day that never comes, a plan that was not read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from models import audit, customers, disputes, ledger, pauses, plans
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer, merges
from models.database import session
from models.disputes import Reason, Remedy
from models.holds import HoldKind
from models.ledger import Entry
from models.messages import Message
from models.money import Money
from models.plans import CannotChange, ChangedMeanwhile, Plan, PlanState, Way, Wish, policies
from models.plans.building import think
from models.policies.plans import Ask, Frequency, Within, build
from models.reports.verify import verify
from models.states import IllegalTransition
from models.transactions import transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker
from tests.models.plans.owing import eur

Offer = Callable[..., Plan]


@pytest.fixture
def propose(customer: Customer, contact: Contact) -> Offer:
    """By transfer, of the customer's own making, ready to be signed."""

    def made(*items: Entry, **wishes: object) -> Plan:
        chosen = tuple(item.id for item in items) or None
        idea = think(customer, "EUR", Wish(items=chosen, way=Way.TRANSFER, **wishes), on=TODAY)
        with transaction():
            return plans.propose(customer.id, contact.id, idea.proposal(), **stamp(contact))

    return made


def stamp(contact: Contact) -> dict[str, object]:
    return {"by": Actor(ActorKind.CONTACT, contact.id), "on": TODAY, "now": NOW}


def sign(plan: Plan, contact: Contact, **how: object) -> Plan:
    with transaction():
        plans.sign(plan, consent_id=None, **how, **stamp(contact))
    return plan


def left(plan: Plan) -> int:
    return sum(row.left_minor for row in plans.instalments_of(plan) if row.is_living)


def test_a_plan_too_large_to_start_by_itself_does_not_start_in_parts(
    make: Maker, customer: Customer, contact: Contact, propose: Offer
) -> None:
    """5,000.00 start by themselves: 4,000.00 do, and 4,000.00 more are looked at."""
    first, second = make.invoice(customer, 400_000), make.invoice(customer, 400_000)
    other = Wish(items=(second.id,), way=Way.TRANSFER)
    assert think(customer, "EUR", other, on=TODAY).starts_alone
    plan = propose(first)
    assert think(customer, "EUR", other, on=TODAY).starts_alone, "nobody has signed it"
    sign(plan, contact)
    judged = think(customer, "EUR", other, on=TODAY).judged
    assert isinstance(judged, Within)
    assert not judged.alone


def test_only_what_was_read_is_signed_and_what_is_signed_is_not_turned_down(
    contact: Contact, items: list[Entry], propose: Offer
) -> None:
    """In two tabs: one offers other payments, or says no, while the other signs."""
    plan = propose(*items)
    read = [row.id for row in plans.instalments_of(plan)]
    propose(*items, count=5)
    with pytest.raises(ChangedMeanwhile):
        sign(plan, contact, read=read)
    sign(plan, contact, read=[row.id for row in plans.instalments_of(plan)])
    with pytest.raises(IllegalTransition), transaction():
        plans.turn_down(plan, **stamp(contact))
    session.rollback()
    assert plan.state is PlanState.ACTIVE


def test_the_last_payment_moves_no_further_than_where_another_one_would_be(
    contact: Contact, items: list[Entry], propose: Offer
) -> None:
    plan = sign(propose(*items), contact)
    last = plans.instalments_of(plan)[-1]
    bound = plans.moves_before(plan, last, TODAY)
    assert bound - last.due_on <= timedelta(days=35)
    for day in (date.max, bound):
        with pytest.raises(CannotChange), transaction():
            plans.move(plan, last.id, day, **stamp(contact))
    with transaction():
        plans.move(plan, last.id, bound - timedelta(days=1), **stamp(contact))


def test_money_from_before_a_plan_that_goes_back_in_part_is_not_the_plans(
    make: Maker, customer: Customer, contact: Contact, propose: Offer
) -> None:
    """It is taken back whole and used again for the rest: that is no money that came since."""
    item = make.invoice(customer, 10_000)
    with transaction():
        receipt = ledger.receive(customer.id, eur(4_000), effective_on=TODAY, dedupe_key="before", now=NOW)
        ledger.allocate(receipt, item, eur(4_000), now=NOW)
    plan = sign(propose(item), contact)
    with transaction():
        ledger.sent_back(receipt, eur(1_000), on=TODAY, dedupe_key="refund:1", reason="Too much", now=NOW)
    with transaction():
        plans.review(customer.id, now=NOW)
    assert (left(plan), ledger.entry_of(customer.id, item.id).left) == (6_000, eur(7_000))
    assert verify(now=NOW + timedelta(hours=1)).broken == []


def test_whoever_is_not_to_be_contacted_hears_of_no_instalment(
    contact: Contact, items: list[Entry], propose: Offer
) -> None:
    plan = sign(propose(*items), contact)
    with transaction():
        pauses.place(plan.customer_id, HoldKind.CEASE_CONTACT, "Wrote so", by=audit.COMMAND, on=TODAY, now=NOW)
    before = len(mails(plan.customer_id))
    for days in range(0, 120, 3):
        plans.tend(TODAY + timedelta(days=days), now=NOW + timedelta(days=days))
    assert len(mails(plan.customer_id)) == before
    assert plan.state is PlanState.ACTIVE


def mails(customer_id: int) -> list[Message]:
    session.rollback()
    return [one for one in session.query(Message).order_by(Message.id) if one.customer_id == customer_id]


def test_who_no_longer_speaks_for_the_account_is_not_written_to_and_somebody_is(
    make: Maker, customer: Customer, contact: Contact, items: list[Entry], propose: Offer
) -> None:
    """A contact who was switched off; and one of another account after a merge was undone."""
    plan = sign(propose(*items), contact)
    head, speaker = make.customer("Head"), None
    with transaction():
        speaker = customers.add_contact(head, email="head@example.test", by=audit.COMMAND, now=NOW)
        joined = merges.merge(customer, head, effective_on=TODAY, by=audit.COMMAND, now=NOW)
    told = {"reason": Reason.OTHER, "wanted": Remedy.CREDIT, "text": "Broken", **stamp(speaker)}
    with transaction():
        case = disputes.open_case(customer, speaker, items[0].id, {None: eur(100)}, **told)
    assert disputes.reader_of(case).id == speaker.id
    with transaction():
        merges.undo(joined, by=audit.COMMAND, now=NOW)
        colleague = customers.add_contact(customer, email="colleague@example.test", by=audit.COMMAND, now=NOW)
        customers.contacts.change_contact(contact, active=False, by=audit.COMMAND, now=NOW)
    assert disputes.reader_of(case).id == colleague.id
    due = plans.instalments_of(plan)[1].due_on
    plans.tend(due - timedelta(days=3), now=NOW + (due - TODAY))
    assert mails(customer.id)[-1].address == "colleague@example.test"


def test_what_no_card_takes_is_not_promised_to_be_charged(make: Maker, customer: Customer) -> None:
    make.invoice(customer, 10_000_000, currency="IRR")
    for way, reasons in ((Way.AUTOMATIC, 2), (Way.TRANSFER, 1)):
        idea = think(customer, "IRR", Wish(way=way), on=TODAY)
        assert idea.schedule is not None
        assert len(idea.reasons) == reasons


def test_of_three_decimals_all_but_the_last_payment_are_what_a_card_takes(first: object) -> None:
    ask = Ask(Money(0, "KWD"), 3, Frequency.MONTHLY, TODAY + timedelta(days=30))
    schedule = build(Money(100_000, "KWD"), Money(0, "KWD"), ask, country="LT", working_days=False, today=TODAY)
    assert [line.amount.minor for line in schedule.lines] == [33_330, 33_330, 33_340]
    terms = replace(policies.in_force().rules[0].terms, smallest=Money(1, "KWD"))
    assert terms.smallest_first(Money(10_001, "KWD")).minor == 1_010


def test_the_last_day_of_the_calendar_is_answered(customer: Customer, items: list[Entry]) -> None:
    for wish in (Wish(start_on=date.max), Wish(own_dates=(date.max,))):
        assert think(customer, "EUR", replace(wish, frequency=Frequency.OWN, count=3), on=TODAY).balance
