"""Cases as tests of complaints need them: opened on a day, answered with a cause, by the business itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from models import approvals, audit, causes, disputes, staff
from models.approvals import CaseDecision
from models.customers import Contact, Customer
from models.database import session
from models.disputes import Dispute, Outcome, Reason, Remedy, Verdict
from models.invoices import Invoice, InvoiceLine, lines_of
from models.money import Money
from models.policies.permissions import Role
from models.staff import Principal, StaffState
from models.transactions import transaction
from tests.conftest import NOW
from tests.making import Maker


def at(day: date) -> datetime:
    """A moment of that business day."""
    return datetime.combine(day, time(9), UTC)


def a_line(
    product: str = "", supplier: str = "", site: str = "", net_minor: int = 10_000, currency: str = "EUR"
) -> InvoiceLine:
    return InvoiceLine(
        description=product or "Goods",
        quantity=Decimal(1),
        net_minor=net_minor,
        tax_rate=Decimal(0),
        tax_minor=0,
        currency=currency,
        product=product,
        supplier=supplier,
        site=site,
    )


def person(role: Role, email: str = "") -> Principal:
    with transaction():
        address = email or f"{role}.of.complaints@example.test"
        member = staff.add(email=address, role=role, by=audit.COMMAND, now=NOW, state=StaffState.ACTIVE)
    return staff.principal(member)


@dataclass
class Complainer:
    """One customer with a contact; every case is about an invoice of its own."""

    make: Maker
    email: str | None = None  # Mails take longer than all the rest.
    name: str = "Žalias Namas UAB"
    clerk: Principal | None = None
    customer: Customer = field(init=False)
    contact: Contact = field(init=False)

    def __post_init__(self) -> None:
        self.customer = self.make.customer(self.name, language="en")
        self.contact = self.make.contact(self.customer, self.email)
        self.clerk = self.clerk or person(Role.CLERK)

    def cause(
        self, name: str = "Not padded", process: str = "Packing", department: str = "Warehouse", **facts: object
    ) -> int:
        with transaction():
            found = next((one for one in causes.departments() if one.name == department), None)
            place = found or causes.add_department(department, by=audit.COMMAND, now=NOW, **facts)
            return causes.add(place.id, process, name, by=audit.COMMAND, now=NOW).id

    def bill(self, on: date, count: int = 1, **line: object) -> None:
        """So many lines on one invoice, about which nobody complains."""
        lines = [a_line(**line) for _ in range(count)]
        self.make.invoice(self.customer, 10_000 * count, issued_on=on, lines=lines)

    def case(
        self,
        on: date,
        cause_id: int | None = None,
        *,
        held: int = 10_000,
        credited: int = 0,
        words: str = "",
        other_cause: str = "",
        currency: str = "EUR",
        lines: Sequence[dict[str, Any]] = (),
        reason: Reason = Reason.DAMAGED,
    ) -> Dispute:
        """
        Opened that day about the first line, or about all of them; answered at once where there is a cause.

        :param held: of the first line.
        """
        billed = [a_line(**line) for line in lines] or [a_line(net_minor=held, currency=currency)]
        whole = sum(line.net_minor for line in billed)
        entry = self.make.invoice(self.customer, whole, issued_on=on, currency=currency, lines=billed)
        ids = [line.id for line in lines_of(session.get_one(Invoice, (entry.customer_id, entry.invoice_id)))]
        wrong = {ids[0]: held} if not lines else {id_: line.net_minor for id_, line in zip(ids, billed, strict=True)}
        with transaction():
            dispute = disputes.open_case(
                self.customer,
                self.contact,
                entry.id,
                {line_id: Money(minor, currency) for line_id, minor in wrong.items()},
                reason=reason,
                wanted=Remedy.CREDIT,
                text=words,
                by=self.clerk.actor,
                on=on,
                now=at(on),
            )
        if cause_id or other_cause:
            self.answer(dispute, cause_id, on, credited=credited, other_cause=other_cause)
        return dispute

    def answer(
        self, dispute: Dispute, cause_id: int | None, on: date, *, credited: int = 0, other_cause: str = ""
    ) -> None:
        verdict = Verdict(
            outcome=Outcome.IN_PART if credited else Outcome.REFUSED,
            text="Our reasons",
            credits={1: Money(credited, dispute.currency)} if credited else {},
            cause_id=cause_id,
            other_cause=other_cause,
        )
        with transaction():
            decision = disputes.propose(dispute, verdict, by=self.clerk, on=on, now=at(on))
            approvals.submit(
                CaseDecision(
                    customer_id=dispute.customer_id,
                    decision_id=decision.id,
                    amount=decision.credited,
                    reason=dispute.number,
                    effective_on=on,
                ),
                by=self.clerk,
                now=at(on),
            )

    def cases(self, days: Sequence[date], cause_id: int, **facts: object) -> None:
        for day in days:
            self.case(day, cause_id, **facts)


def days_from(first: date, count: int, every: int = 1) -> list[date]:
    return [first + timedelta(days=place * every) for place in range(count)]
