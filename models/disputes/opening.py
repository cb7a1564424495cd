"""Opening a case: the disputed part is held in the same transaction; the rest stays payable."""

from collections.abc import Mapping
from datetime import date, datetime

from models import audit, company, customers, holds, jobs, payments
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer, lock_account, mails, merges
from models.database import session
from models.disputes.disputable import Disputable, disputable
from models.disputes.reasons import Reason, Remedy
from models.disputes.records import Dispute, DisputeLine, DisputeState
from models.errors import N_, Refused
from models.holds import HoldKind
from models.money import Money, total
from models.policies.answering import Answering
from models.states import changed_meanwhile

LONGEST_TEXT = 2_000


class CannotDispute(Refused):
    pass


def limits() -> Answering:
    creditor = company.get()
    return Answering.of(creditor.country, creditor.limits)


def open_case(
    customer: Customer,
    contact: Contact | None,
    entry_id: int,
    wrong: Mapping[int | None, Money],
    *,
    reason: Reason,
    wanted: Remedy,
    text: str,
    by: Actor,
    on: date,
    now: datetime,
) -> Dispute:
    """
    Write the case down, hold what it claims, promise a day, and tell everybody whom it concerns. `customer` is whose
    item it is.

    :param wrong: how much of which line (by the line's id; None: of the item as a whole) need not be paid.
    :raises CannotDispute: nothing, no bill, or more than the line has left.
    """
    item = _locked(customer.id, entry_id)
    chosen = _checked(item, wrong)
    rules = limits()
    dispute = Dispute(
        customer_id=customer.id,
        entry_id=entry_id,
        currency=item.left.currency,
        claimed_minor=total(chosen.values(), item.left.currency).minor,
        reason=reason,
        wanted=wanted,
        text=text.strip(),
        language=(contact and contact.language) or customer.language or company.get().language,
        contact_id=contact.id if contact else None,
        staff_id=by.id if by.kind == ActorKind.STAFF else None,
        opened_on=on,
        opened_at=now,
        warn_on=rules.warn_on(on),
        answer_on=rules.answer_on(on),
    )
    session.add(dispute)
    session.flush()
    _add_lines(dispute, item, chosen)
    hold(dispute, dispute.claimed, on=on, now=now)
    _note_opened(dispute, by, now)
    tell(dispute, customer, contact, "opened", now=now)
    jobs.later("disputes.opened", customer_id=customer.id, dispute_id=dispute.id)
    return dispute


def _add_lines(dispute: Dispute, item: Disputable, chosen: Mapping[int | None, Money]) -> None:
    for position, (line_id, share) in enumerate(chosen.items(), start=1):
        line = item.line(line_id)
        row = DisputeLine(
            customer_id=dispute.customer_id,
            dispute_id=dispute.id,
            position=position,
            invoice_line_id=line_id,
            description=line.description if line else "",
            claimed_minor=share.minor,
        )
        session.add(row)
    session.flush()


def _note_opened(dispute: Dispute, by: Actor, now: datetime) -> None:
    told = {"reason": dispute.reason, "entry": dispute.entry_id, "answer_on": dispute.answer_on}
    facts, words = {"amount": dispute.claimed, **told}, {"text": dispute.text} if dispute.text else None
    audit.record(dispute.customer_id, "dispute.opened", by=by, now=now, about=dispute.source, facts=facts, words=words)


def _locked(customer_id: int, entry_id: int) -> Disputable:
    item = disputable(customer_id, entry_id)
    if item is None:
        raise CannotDispute(N_("Something is wrong with this item? Please call or write to us."))
    lock_account(customer_id, item.left.currency)
    return disputable(customer_id, entry_id) or item


def _checked(item: Disputable, wrong: Mapping[int | None, Money]) -> dict[int | None, Money]:
    chosen = {line_id: share for line_id, share in wrong.items() if share}
    if not chosen:
        raise CannotDispute(N_("Say how much is wrong: choose at least one line."))
    for line_id, share in chosen.items():
        line = item.line(line_id)
        if line is None or not line.left:
            raise CannotDispute(N_("This line is in another case already."))
        if not 0 < share.minor <= line.left.minor:
            raise CannotDispute(N_("Enter an amount up to %(most)s."), most=line.left)
    if total(chosen.values(), item.left.currency) > item.left:
        raise CannotDispute(N_("Enter an amount up to %(most)s."), most=item.left)
    return chosen


def hold(dispute: Dispute, amount: Money, *, on: date, now: datetime, until_on: date | None = None) -> None:
    """What a case holds of its item, out of payments that have begun too; the account's lock is the caller's."""
    holds.add(
        dispute.customer_id,
        HoldKind.DISPUTE,
        source=dispute.source,
        currency=dispute.currency,
        on=on,
        now=now,
        entry_id=dispute.entry_id,
        amount=amount,
        until_on=until_on,
    )
    payments.leave_out(dispute.customer_id, dispute.entry_id, on=on, now=now)


def lock(dispute: Dispute) -> None:
    """Whoever decides reads the case as it is now."""
    lock_account(dispute.customer_id, dispute.currency)
    session.refresh(dispute)


def wait_ends_on(state: DisputeState, on: date) -> date | None:
    """Until when a case that stands there waits for somebody else."""
    rules = limits()
    if state is DisputeState.WAITING_CUSTOMER:
        return rules.customer_on(on)
    return rules.department_on(on) if state is DisputeState.WAITING_DEPARTMENT else None


def wait_for(dispute: Dispute, state: DisputeState, on: date) -> None:
    """
    From wherever it stands, by way of being looked at; the account's lock is the caller's.

    :raises models.states.IllegalTransition: the case is decided.
    """
    if not dispute.is_undecided:
        raise changed_meanwhile()
    if dispute.state is not state:
        if dispute.state is not DisputeState.LOOKING:
            dispute.move_to(DisputeState.LOOKING)
        dispute.move_to(state)
    dispute.waits_until = wait_ends_on(state, on)


def tell(
    dispute: Dispute, customer: Customer, contact: Contact | None, step: str, *, now: datetime, **told: object
) -> None:
    """Write to whose case it is what has happened; each step of a case is told once."""
    contact = contact or reader_of(dispute)
    if contact is None or not contact.email:
        return
    reader = customer if contact.customer_id == customer.id else customers.find(contact.customer_id) or customer
    told = {"decision": None, "outcome": "", **told, "dispute": dispute, "step": step, "link": mails.LINK}
    cause = f"{dispute.customer_id}:{dispute.id}:{step}"
    mails.write("dispute", reader, contact, address=contact.email, cause=cause, now=now, **told)


def tell_reader(dispute: Dispute, step: str, *, now: datetime) -> None:
    """As `tell`, where the customer and their contact are not at hand."""
    customer = customers.find(dispute.customer_id)
    if customer is not None:
        tell(dispute, customer, reader_of(dispute), step, now=now)


def reader_of(dispute: Dispute) -> Contact | None:
    """Who opened it: a contact of the account, or of the one that it is read as part of."""
    return merges.hears_of(dispute.customer_id, dispute.contact_id) if dispute.contact_id else None
