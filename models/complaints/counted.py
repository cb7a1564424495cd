"""Cases as management counts them: one line each, with its cause, its product, its money and the customer's words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sqlalchemy import text

from models.causes import Cause, Department, tree
from models.database import session
from models.disputes import UNDECIDED, DisputeState, Outcome, Reason
from models.money import Money


class Known(StrEnum):
    """What is known of a case's cause where it is none of the tree."""

    OTHER = "other"  # Said in words.
    NOT_YET = "not_yet"  # There is no answer yet.
    WITHDRAWN = "withdrawn"  # The customer took it back before there was one.


class By(StrEnum):
    """What complaints are counted by."""

    CAUSE = "cause"
    PROCESS = "process"
    DEPARTMENT = "department"
    PRODUCT = "product"
    SUPPLIER = "supplier"
    SITE = "site"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Scope:
    """Of which product, supplier and site; empty: of all."""

    product: str = ""
    supplier: str = ""
    site: str = ""

    def holds(self, case: "Case") -> bool:
        return (
            self.product in ("", case.product) and self.supplier in ("", case.supplier) and self.site in ("", case.site)
        )

    @property
    def is_everything(self) -> bool:
        return not (self.product or self.supplier or self.site)


@dataclass(frozen=True, slots=True)
class Case:
    """
    `cause` is the last answer's: a cause of the tree, or what else is known. Product, supplier and site are those of
    the line with most money in it, so that each case counts once. `held_minor` is what it kept from being paid,
    `still_held_minor` what it keeps today, `credited_minor` what its answers gave.
    """

    customer_id: int
    id: int
    customer: str
    currency: str
    held_minor: int
    credited_minor: int
    reason: Reason
    text: str
    state: DisputeState
    opened_on: date
    decided_on: date | None
    contact_id: int | None
    cause: Cause | Known
    department: Department | None
    other_cause: str
    outcome: Outcome | None
    product: str
    supplier: str
    site: str

    @property
    def number(self) -> str:
        return f"D-{self.id}"

    @property
    def cause_id(self) -> int | None:
        return self.cause.id if isinstance(self.cause, Cause) else None

    @property
    def held(self) -> Money:
        return Money(self.held_minor, self.currency)

    @property
    def credited(self) -> Money:
        return Money(self.credited_minor, self.currency)

    @property
    def still_held(self) -> Money:
        if self.state in UNDECIDED or self.state is DisputeState.DECIDED:
            return self.held - self.credited
        return Money(0, self.currency)

    @property
    def was_right(self) -> bool:
        return self.outcome in (Outcome.UPHELD, Outcome.IN_PART)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which cases: opened from the first to the last day, in a scope, of a department, of one group of them."""

    from_on: date
    until_on: date
    scope: Scope = field(default_factory=Scope)
    department_id: int | None = None
    group: tuple[By, str] | None = None  # As `key_of` calls it.

    def holds(self, case: Case) -> bool:
        return (
            self.scope.holds(case)
            and self.department_id in (None, case.department.id if case.department else None)
            and (self.group is None or key_of(self.group[0], case) == self.group[1])
        )


_CASES = text(
    """
select d.customer_id, d.id, n.name as customer, d.currency, d.claimed_minor as held_minor,
    coalesce(paid.credited_minor, 0)::bigint as credited_minor, d.reason, d.text, d.state, d.opened_on,
    d.decided_on, d.contact_id, told.cause_id, coalesce(told.other_cause, '') as other_cause, told.outcome,
    coalesce(line.product, '') as product, coalesce(line.supplier, '') as supplier, coalesce(line.site, '') as site
from disputes d
join customers n on n.id = d.customer_id
left join lateral (
    select x.cause_id, x.other_cause, x.outcome from dispute_decisions x
    where x.customer_id = d.customer_id and x.dispute_id = d.id and x.state = 'final'
    order by x.id desc limit 1
) told on true
left join lateral (
    select sum(x.credited_minor) as credited_minor from dispute_decisions x
    where x.customer_id = d.customer_id and x.dispute_id = d.id and x.state = 'final'
) paid on true
left join lateral (
    select l.product, l.supplier, l.site from dispute_lines x
    join invoice_lines l on l.customer_id = x.customer_id and l.id = x.invoice_line_id
    where x.customer_id = d.customer_id and x.dispute_id = d.id
    order by x.claimed_minor desc, x.position limit 1
) line on true
where d.opened_on between :from_on and :until_on
order by d.opened_on, d.id
"""
)


def cases(asked: Asked) -> list[Case]:
    """Oldest first."""
    return [case for case in _all(asked.from_on, asked.until_on) if asked.holds(case)]


def _all(from_on: date, until_on: date) -> Iterator[Case]:
    departments = {department.id: department for department, _ in tree(all_of_them=True)}
    causes = {cause.id: cause for _, below in tree(all_of_them=True) for cause in below}
    for row in session.execute(_CASES, {"from_on": from_on, "until_on": until_on}).mappings():
        facts = dict(row)
        state, cause_id = DisputeState(facts.pop("state")), facts.pop("cause_id")
        cause = causes[cause_id] if cause_id else _known(state, facts["other_cause"])
        yield Case(
            **{**facts, "reason": Reason(facts["reason"])},
            state=state,
            cause=cause,
            department=departments[cause.department_id] if isinstance(cause, Cause) else None,
        )


def _known(state: DisputeState, other_cause: str) -> Known:
    if other_cause:
        return Known.OTHER
    return Known.WITHDRAWN if state is DisputeState.WITHDRAWN else Known.NOT_YET


def key_of(by: By, case: Case) -> str:
    """What the case's group is called in an address."""
    if by in (By.PRODUCT, By.SUPPLIER, By.SITE, By.REASON):
        return str(getattr(case, by.value))
    if not isinstance(case.cause, Cause):
        return case.cause.value
    if by is By.CAUSE:
        return str(case.cause.id)
    department = str(case.cause.department_id)
    return department if by is By.DEPARTMENT else f"{department}:{case.cause.process}"


def of_cause(found: Iterable[Case], cause_id: int, scope: Scope) -> list[Case]:
    """Those of one cause within a scope."""
    return [case for case in found if case.cause_id == cause_id and scope.holds(case)]
