"""'I already paid': money that may be theirs is looked for at once; until it is found, nothing is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from models import audit, company, files, holds, ledger
from models.audit import Actor
from models.claims.records import (
    PURPOSE,
    Claim,
    ClaimKind,
    ClaimLine,
    ClaimState,
    ask_a_person,
    confirm,
    end,
    lines_of,
    lock,
)
from models.company import HOLDING_ACCOUNT
from models.customers import Contact, Customer, lock_account
from models.database import session
from models.errors import N_, Refused
from models.holds import HoldKind
from models.ledger import Entry, EntryKind, Side
from models.money import Money
from models.payments import PayableItem, spread
from models.policies.promising import DEFAULTS
from models.policies.settings import number
from models.transactions import transaction

WAYS: dict[str, str] = {
    "transfer": N_("Bank transfer"),
    "card": N_("Card"),
    "cash": N_("Cash"),
    "other": N_("Another way"),
}
NEAR = timedelta(days=5)  # Between the day that somebody remembers and the day on our bank statement.
MOST_SHOWN = 3
ANSWERED_WITHIN = timedelta(days=1)  # While the pause lasts.


class TooManyClaims(Refused):
    """Whoever guesses amounts until one is found is looking for somebody else's money."""


class NoLongerThere(Refused):
    pass


@dataclass(frozen=True, slots=True)
class Match:
    """Money that may be theirs. `own`: it is on their account already, and nothing has used it."""

    own: bool
    entry_id: int
    amount: Money
    received_on: date


@dataclass(frozen=True, slots=True)
class Said:
    """What a customer says of a payment; `item_id` is what they say it was for, where they know."""

    amount: Money
    paid_on: date
    how: str
    payer: str = ""
    text: str = ""
    item_id: int | None = None


def say_paid(
    customer: Customer,
    contact: Contact,
    items: Sequence[PayableItem],
    said: Said,
    *,
    by: Actor,
    on: date,
    now: datetime,
) -> Claim:
    """
    Write down what was paid, and pause what it would have paid of these items: oldest due first, after the one that
    is named. The same item pauses once in a while. Where no money is near, a person is asked at once. The files that
    the contact added before are sent with it.

    :raises TooManyClaims: more in a day than a person with one payment needs.
    """
    owner_id, days = _owner(customer, items, said.item_id), company.get().limits
    lock_account(owner_id, said.amount.currency)
    _not_too_many(owner_id, now)
    until_on = on + timedelta(days=number(days, "paid_pause", DEFAULTS))
    claim = _record(owner_id, contact, said, until_on=until_on, by=by, on=on, now=now)
    files.hand_in(files.Tray.of(contact, PURPOSE), owner_id, claim.source, by=by, now=now)
    rested = _said_before(owner_id, on - timedelta(days=number(days, "paid_again", DEFAULTS)), claim.id)
    covered = [item for item in items if item.customer_id == owner_id and item.entry_id not in rested]
    _hold(claim, spread(said.amount, covered, said.item_id), on=on, now=now)
    if not matches(claim):
        ask_a_person(claim, on + ANSWERED_WITHIN, on)
    confirm(claim, customer, contact, now=now)
    return claim


def _record(
    owner_id: int, contact: Contact, said: Said, *, until_on: date, by: Actor, on: date, now: datetime
) -> Claim:
    claim = Claim(
        customer_id=owner_id,
        kind=ClaimKind.ALREADY_PAID,
        state=ClaimState.OPEN,
        contact_id=contact.id,
        currency=said.amount.currency,
        amount_minor=said.amount.minor,
        paid_on=said.paid_on,
        how=said.how,
        payer=said.payer.strip(),
        text=said.text.strip(),
        until_on=until_on,
        made_on=on,
        made_at=now,
    )
    session.add(claim)
    session.flush()
    facts = {"amount": said.amount, "paid_on": said.paid_on, "how": said.how, "until": until_on}
    words = {name: value for name, value in (("payer", claim.payer), ("text", claim.text)) if value}
    audit.record(owner_id, "claim.already_paid", by=by, now=now, about=claim.source, facts=facts, words=words or None)
    return claim


def _owner(customer: Customer, items: Sequence[PayableItem], first: int | None) -> int:
    """Whose account the claim is about: one is paid at a time, as anywhere."""
    named = next((item.customer_id for item in items if item.entry_id == first), None)
    owners = {item.customer_id for item in items}
    return named or (customer.id if customer.id in owners or not owners else min(owners))


def _not_too_many(customer_id: int, now: datetime) -> None:
    since = now - timedelta(days=1)
    said = Claim.kind == ClaimKind.ALREADY_PAID
    query = select(func.count()).where(Claim.customer_id == customer_id, said, Claim.made_at > since)
    if (session.scalar(query) or 0) >= number(company.get().limits, "claims_a_day", DEFAULTS):
        raise TooManyClaims(N_("You told us of several payments today. Please call us about this one."))


def _said_before(customer_id: int, since: date, but: int) -> set[int]:
    """Items that were said to be paid lately: they have had their pause."""
    same = (Claim.customer_id == ClaimLine.customer_id) & (Claim.id == ClaimLine.claim_id)
    query = select(ClaimLine.entry_id).join(Claim, same)
    return set(session.scalars(query.where(Claim.customer_id == customer_id, Claim.made_on > since, Claim.id != but)))


def _hold(claim: Claim, shares: Sequence[tuple[PayableItem, Money]], *, on: date, now: datetime) -> None:
    for item, share in shares:
        line = ClaimLine(
            customer_id=claim.customer_id, claim_id=claim.id, entry_id=item.entry_id, amount_minor=share.minor
        )
        session.add(line)
        holds.add(
            claim.customer_id,
            HoldKind.ALREADY_PAID,
            source=claim.source,
            currency=share.currency,
            on=on,
            now=now,
            entry_id=item.entry_id,
            amount=share,
            until_on=claim.until_on,
        )
    session.flush()


def matches(claim: Claim) -> list[Match]:
    """
    Money that nothing has used, of exactly the amount and near the day: on the account, else without a name. Nobody
    learns of an amount that they did not know, nor who paid it.
    """
    if claim.paid_on is None or not claim.is_open:
        return []
    query = (
        select(Entry)
        .where(
            Entry.customer_id.in_((claim.customer_id, HOLDING_ACCOUNT)),
            Entry.side == Side.CREDIT,
            Entry.kind == EntryKind.RECEIPT,
            Entry.currency == claim.currency,
            Entry.unapplied_minor == claim.amount_minor,
            Entry.effective_on.between(claim.paid_on - NEAR, claim.paid_on + NEAR),
        )
        .order_by(func.abs(Entry.effective_on - claim.paid_on), Entry.id)
    )
    found = [
        Match(entry.customer_id == claim.customer_id, entry.id, entry.left, entry.effective_on)
        for entry in session.scalars(query)
    ]
    return ([match for match in found if match.own] or found)[:MOST_SHOWN]


def answer_yes(
    claim: Claim, entry_id: int, customer: Customer, contact: Contact, *, by: Actor, on: date, now: datetime
) -> None:
    """
    It is this money. On their own account it is used at once, for what they named and then the oldest due; money
    without a name is given to nobody by a click: a person looks.

    :raises NoLongerThere: it was used meanwhile.
    """
    lock(claim)
    match = next((one for one in matches(claim) if one.entry_id == entry_id), None)
    if match is None:
        raise NoLongerThere(N_("This payment has been used meanwhile. Please look at your statement again."))
    claim.receipt_customer_id = claim.customer_id if match.own else HOLDING_ACCOUNT
    claim.receipt_id = entry_id
    if match.own:
        _use(claim, ledger.entry_of(claim.customer_id, entry_id), on=on, now=now)
        end(claim, ClaimState.SETTLED, by=by, on=on, now=now)
        confirm(claim, customer, contact, now=now)
    else:
        facts = {"receipt": entry_id}
        audit.record(claim.customer_id, "claim.recognised", by=by, now=now, about=claim.source, facts=facts)
        ask_a_person(claim, on + ANSWERED_WITHIN, on)


def _use(claim: Claim, receipt: Entry, *, on: date, now: datetime) -> None:
    taken = holds.in_flight(claim.customer_id, on)
    for line in lines_of(claim):
        item = ledger.entry_of(claim.customer_id, line.entry_id)
        free = item.left.minor - taken.get(item.id, 0)
        share = min(line.amount_minor, receipt.left.minor, free)
        if share > 0:
            ledger.allocate(receipt, item, Money(share, receipt.currency), now=now)
    claimed = holds.claimed_by_item(holds.living([claim.customer_id], on))
    ledger.allocate_oldest_first(receipt, now=now, held=claimed)


def answer_no(claim: Claim, *, by: Actor, on: date, now: datetime) -> None:
    """None of it is theirs: a person looks."""
    lock(claim)
    audit.record(claim.customer_id, "claim.not_recognised", by=by, now=now, about=claim.source)
    ask_a_person(claim, on + ANSWERED_WITHIN, on)


def lapse(as_of: date, *, now: datetime) -> int:
    """End the pauses whose days are over; a claim that nobody was asked about is shown to a person now."""
    said = Claim.kind == ClaimKind.ALREADY_PAID
    query = select(Claim.customer_id, Claim.id).where(said, Claim.state == ClaimState.OPEN, Claim.until_on <= as_of)
    due = session.execute(query).all()
    session.rollback()
    for customer_id, claim_id in due:
        with transaction():
            claim = session.get_one(Claim, (customer_id, claim_id))
            try:
                lock(claim)
            except Refused:
                continue  # Somebody was quicker.
            ask_a_person(claim, as_of + ANSWERED_WITHIN, as_of)
            end(claim, ClaimState.LAPSED, by=audit.JOB, on=as_of, now=now)
    return len(due)
