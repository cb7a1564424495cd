"""What a payer may pay now: open items, less what payments on their way may still take."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select

from models import holds, invoices, ledger
from models.customers import merges
from models.database import session
from models.errors import N_, Refused
from models.holds import Held, HoldKind
from models.money import Money
from models.payments.attempts import GONE, PAGED, Attempt, AttemptState, of_instalment
from models.policies import payment_limits
from models.policies.holding import STOPS

GIVEN_UP = (AttemptState.SUBMITTED, AttemptState.OPEN)  # What a payer's next payment ends: nobody has paid on it yet.


class NotPayable(Refused):
    pass


class PaymentPageUnreachable(Refused):
    """Nothing was charged: Stripe's page could not be opened now."""


@dataclass(frozen=True, slots=True)
class PayableItem:
    """
    An open item as a payer sees it. `payable` is what is open, less what other payments may still take.
    `customer_id` is whose item it is: of the payer, or of an account that is read as part of theirs. `held` is why it
    is not asked for, or a part of it: whoever wants to pay it may.
    """

    customer_id: int
    entry_id: int
    number: str
    due_on: date
    open: Money
    payable: Money
    held: tuple[Held, ...] = ()

    @property
    def on_hold(self) -> Money:
        return holds.taken(self.held, self.payable)

    @property
    def collectable(self) -> Money:
        """What may be asked for."""
        return self.payable - self.on_hold

    @property
    def disputed(self) -> Money:
        """What need not be paid until a case about it is answered: who wants to pay it all the same may."""
        return holds.taken((one for one in self.held if one.kind == HoldKind.DISPUTE), self.payable)

    @property
    def undisputed(self) -> Money:
        return self.payable - self.disputed

    @property
    def chargeable(self) -> Money:
        """What may be taken while nobody is there."""
        return self.payable - self._not_charged(self.payable)

    @property
    def unheld(self) -> Money:
        """The same, if nobody were paying anything of it just now."""
        return self.open - self._not_charged(self.open)

    def _not_charged(self, free: Money) -> Money:
        return holds.taken((one for one in self.held if STOPS[one.kind].charging), free)

    @property
    def promisable(self) -> Money:
        return self._less(HoldKind.PROMISE, HoldKind.DISPUTE, HoldKind.PLAN)

    @property
    def plannable(self) -> Money:
        """
        What may become a part of a plan: who promised may find that instalments are easier, who is pressed too. An item
        of which a plan pays a part is no other plan's: what comes for it could be told to neither.
        """
        if any(one.kind == HoldKind.PLAN for one in self.held):
            return Money(0, self.open.currency)
        return self._less(HoldKind.DISPUTE, HoldKind.ALREADY_PAID, HoldKind.NOT_OURS)

    def _less(self, *kinds: HoldKind) -> Money:
        return self.payable - holds.taken((one for one in self.held if one.kind in kinds), self.payable)


def payable_item(customer_id: int, entry_id: int, on: date, *, contact_id: int | None = None) -> PayableItem | None:
    """One item of the customer's statement; None for anybody else's."""
    return next(iter(payable_items(customer_id, on, among=[entry_id], contact_id=contact_id)), None)


def payable_items(
    customer_id: int,
    on: date,
    *,
    currency: str | None = None,
    among: Sequence[int] | None = None,
    contact_id: int | None = None,
    link_id: int | None = None,
) -> list[PayableItem]:
    """
    The open items of the customer's statement, those of joined accounts included, oldest due first; or those `among`
    these entries, open or not. What an open page of the payer's own holds is payable for this payer: `give_up_open`
    closes that page before they pay again.
    """
    members = merges.family(customer_id, on)
    entry, invoice = ledger.Entry, invoices.Invoice
    query = (
        select(entry.customer_id, entry.id, invoice.number_as_written, entry.due_on, entry.open_minor, entry.currency)
        .outerjoin(invoice, (invoice.customer_id == entry.customer_id) & (invoice.id == entry.invoice_id))
        .where(entry.customer_id.in_(members), entry.side == ledger.Side.DEBIT)
        .order_by(entry.due_on, entry.id)
    )
    query = query.where(entry.open_minor > 0 if among is None else entry.id.in_(among))
    if currency is not None:
        query = query.where(entry.currency == currency)
    rows = session.execute(query).all()
    own = pages_of(members, contact_id, link_id)
    held = holds.living(members, on)
    taken, covered = holds.in_flight_by_item(one for one in held if one.source not in own), holds.Covered(held)
    return [
        PayableItem(
            owner_id,
            entry_id,
            number or "",
            due_on or on,
            Money(left_minor or 0, money),
            Money(max((left_minor or 0) - taken.get(entry_id, 0), 0), money),
            covered.of(owner_id, entry_id, money),
        )
        for owner_id, entry_id, number, due_on, left_minor, money in rows
    ]


def pages_of(members: Sequence[int], contact_id: int | None, link_id: int | None) -> frozenset[str]:
    """The sources of what the pages hold that a payer's next payment closes."""
    if contact_id is None and link_id is None:
        return frozenset()
    query = select(Attempt).where(Attempt.customer_id.in_(members), gives_up(contact_id, link_id))
    return frozenset(attempt.source for attempt in session.scalars(query))


def gives_up(contact_id: int | None, link_id: int | None) -> ColumnElement[bool]:
    """
    Which open pages a payer's next payment closes: their own. Whoever is signed in goes before those who pay by a
    link, so that a forwarded mail blocks nobody.
    """
    whose = Attempt.link_id == link_id if link_id else (Attempt.contact_id == contact_id) | Attempt.link_id.is_not(None)
    return whose & Attempt.state.in_(GIVEN_UP) & Attempt.kind.in_(PAGED)


def spread(amount: Money, items: Sequence[PayableItem], first: int | None = None) -> list[tuple[PayableItem, Money]]:
    """So much of what is payable, oldest due first; one item before all others where it is named."""
    shares, left = [], amount.minor
    for item in sorted(items, key=lambda item: item.entry_id != first):
        share = min(left, item.payable.minor) if item.payable.currency == amount.currency else 0
        if share > 0:
            shares.append((item, Money(share, amount.currency)))
            left -= share
    return shares


def check_share(amount: Money, item: PayableItem) -> None:
    """
    :raises NotPayable: nothing, less than nothing, or more than is payable.
    """
    if not item.open:
        raise NotPayable(N_("There is nothing to pay on this item now."))
    if not item.payable:
        raise NotPayable(N_("A payment for this item is on its way. You can pay again if it does not arrive."))
    if amount > item.payable or amount.minor <= 0:
        raise NotPayable(N_("Enter an amount up to %(most)s."), most=item.payable)


def asked_for(customer_id: int, lines: Sequence[tuple[int, Money]], on: date) -> list[tuple[PayableItem, Money]]:
    """
    What is asked for of items (entry and amount) of one customer; the account's lock is the caller's.

    :raises NotPayable: one has less to pay.
    """
    payable = {item.entry_id: item for item in payable_items(customer_id, on, among=[one for one, _ in lines])}
    found = []
    for entry_id, amount in lines:
        item = payable.get(entry_id)
        if item is None or item.customer_id != customer_id:
            raise NotPayable(N_("There is nothing to pay on this item now."))
        check_share(amount, item)
        found.append((item, amount))
    return found


def check_undisputed(amount: Money, item: PayableItem, known: int) -> None:
    """
    Whoever pays what is disputed knows that it is.

    :param known: minor units that the payer was told to be disputed.
    :raises NotPayable: somebody said meanwhile that something is wrong with it.
    """
    if amount > item.undisputed and item.disputed.minor > known:
        raise NotPayable(
            N_("Something was said to be wrong with %(number)s meanwhile. Nothing was paid. Please look at it again."),
            number=item.number or str(item.entry_id),
        )


def check_instalment(customer_id: int, instalment_id: int | None) -> None:
    """:raises NotPayable: another payment of the same instalment is on its way, or has arrived."""
    if instalment_id is not None and any(one.state not in GONE for one in of_instalment(customer_id, instalment_id)):
        raise NotPayable(N_("A payment for this item is on its way. You can pay again if it does not arrive."))


def check_amount(amount: Money, item: PayableItem) -> None:
    """
    The same for an item that is paid alone.

    :raises models.policies.payment_limits.AmountOutsideLimits: Stripe takes no such amount.
    """
    check_share(amount, item)
    payment_limits.check(amount)
