"""Telling customers that what they complained about led to a fix: once for each case, in words that are fixed."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKeyConstraint, select, tuple_
from sqlalchemy.orm import Mapped, mapped_column

from models import audit, company, customers, holds, words
from models.audit import Actor
from models.company import HOLDING_ACCOUNT
from models.complaints import acting, alerts, judging
from models.complaints.actions import ActionState, CorrectiveAction
from models.complaints.counted import Case
from models.customers import Contact, contact_of, mails
from models.database import Base, session
from models.policies.holding import STOPS
from models.states import changed_meanwhile


class FixTold(Base):
    """A case whose customer was told of the action that it led to."""

    __tablename__ = "fixes_told"
    __table_args__ = (ForeignKeyConstraint(["customer_id", "dispute_id"], ["disputes.customer_id", "disputes.id"]),)

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    dispute_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    action_id: Mapped[int]
    told_on: Mapped[date]


def to_tell(action: CorrectiveAction, on: date) -> list[tuple[Contact, Sequence[Case]]]:
    """Who would be written to, each with their cases: nobody twice, and nobody who is not to be written to."""
    found = judging.complained(action, alerts.rules().days)
    keys = [(case.customer_id, case.id) for case in found]
    query = select(FixTold.customer_id, FixTold.dispute_id)
    told = {(row[0], row[1]) for row in session.execute(query.where(tuple_(*query.selected_columns).in_(keys)))}
    silent = _not_to_be_written_to({case.customer_id for case in found}, on)
    of_contact: dict[tuple[int, int], list[Case]] = {}
    for case in found:
        if case.contact_id and case.customer_id not in silent and (case.customer_id, case.id) not in told:
            of_contact.setdefault((case.customer_id, case.contact_id), []).append(case)
    contacts = ((contact_of(*key), cases) for key, cases in of_contact.items())
    return [(contact, cases) for contact, cases in contacts if contact and contact.active and contact.email]


def _not_to_be_written_to(customer_ids: set[int], on: date) -> set[int]:
    """Those who asked not to be, whose letters go to somebody else, and who may be nobody's."""
    held = holds.living(sorted(customer_ids), on)
    return {one.customer_id for one in held if one.entry_id is None and STOPS[one.kind].letters}


def tell(action: CorrectiveAction, *, by: Actor, on: date, now: datetime) -> int:
    """
    One mail to each of them, in the caller's transaction. Returns how many.

    :raises models.states.IllegalTransition: it has not been seen to work.
    """
    acting.lock(action)
    if action.state is not ActionState.VERIFIED:
        raise changed_meanwhile()
    receivers = to_tell(action, on)
    for contact, cases in receivers:
        for case in cases:
            row = FixTold(customer_id=case.customer_id, dispute_id=case.id, action_id=action.id, told_on=on)
            session.add(row)
        session.flush()
        _mail(action, contact, cases, now=now)
    facts = {"mails": len(receivers), "cases": sum(len(cases) for _, cases in receivers)}
    audit.record(HOLDING_ACCOUNT, "action.told", by=by, now=now, about=action.source, facts=facts)
    return len(receivers)


def _mail(action: CorrectiveAction, contact: Contact, cases: Sequence[Case], *, now: datetime) -> None:
    customer = customers.find(contact.customer_id)
    if customer is not None and contact.email:
        cause = f"{action.id}:{contact.customer_id}:{contact.id}:{cases[0].id}"
        mails.write("fixed", customer, contact, address=contact.email, cause=cause, now=now, numbers=_numbers(cases))


def _numbers(cases: Sequence[Case]) -> str:
    return ", ".join(case.number for case in cases)


def words_of_it(name: str) -> str:
    """The text that goes out, as somebody of this name would read it in the company's language."""
    from models.gateways.mail_templates import render_mail

    creditor = company.get()
    sample = customers.Customer(number="1001", name=name)
    with words.speak(creditor.language, timezone=creditor.timezone):
        return render_mail("fixed", creditor.language, company=creditor, customer=sample, numbers="D-1").text
