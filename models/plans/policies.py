"""What may be offered as a plan: versions of a table of rules, of which one is in force for the company."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Identity, Index, Numeric, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from models import company
from models.customers import Customer, CustomerKind
from models.database import Base, session
from models.money import Money
from models.policies.plans import (
    Approver,
    Case,
    Frequency,
    PastPlans,
    Rule,
    Sentence,
    Terms,
    Wanted,
    applies,
    capped,
)
from models.states import Stateful

PERCENT = Numeric(7, 3)


class PolicyState(StrEnum):
    DRAFT = "draft"
    WAITING = "waiting"  # For a second person; nothing in it changes from here on.
    PUBLISHED = "published"
    RETIRED = "retired"


class PlanPolicy(Stateful, Base):
    """
    `writers` are the staff who wrote any part of it; none where it came with the program. `reason` is why they wrote
    it, `comment` what the second person said. In force from `live_at` until `retired_at`.
    """

    __tablename__ = "plan_policies"
    __table_args__ = (
        UniqueConstraint("number"),
        Index("uq_plan_policies_live", "state", unique=True, postgresql_where="state = 'published'"),
    )
    TRANSITIONS: ClassVar = {
        PolicyState.DRAFT: frozenset({PolicyState.WAITING}),
        PolicyState.WAITING: frozenset({PolicyState.PUBLISHED, PolicyState.DRAFT}),
        PolicyState.PUBLISHED: frozenset({PolicyState.RETIRED}),
        PolicyState.RETIRED: frozenset[PolicyState](),
    }

    id: Mapped[int] = mapped_column(Identity(always=True, start=2), primary_key=True)
    number: Mapped[int]
    state: Mapped[PolicyState]
    writers: Mapped[list[Any]] = mapped_column(server_default="[]")
    reason: Mapped[str] = mapped_column(server_default="")
    written_at: Mapped[datetime]
    sent_by: Mapped[int | None]
    sent_at: Mapped[datetime | None]
    decided_by: Mapped[int | None]
    decided_at: Mapped[datetime | None]
    comment: Mapped[str] = mapped_column(server_default="")
    live_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]

    @property
    def about(self) -> str:
        return f"plan_policies:{self.id}"


class PlanRule(Base):
    """`id` stays with a rule from version to version, so that its figures can be read across them."""

    __tablename__ = "plan_rules"
    __table_args__ = (UniqueConstraint("version_id", "position"),)

    version_id: Mapped[int] = mapped_column(ForeignKey(PlanPolicy.id), primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=False, start=2), primary_key=True)
    position: Mapped[int]
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="")
    country: Mapped[str] = mapped_column(server_default="")
    currency: Mapped[str]
    from_minor: Mapped[int] = mapped_column(server_default="0")
    up_to_minor: Mapped[int | None]
    past: Mapped[Wanted]
    first_percent: Mapped[Decimal] = mapped_column(PERCENT)
    fewest: Mapped[int]
    most: Mapped[int]
    most_months: Mapped[int]
    most_gap_days: Mapped[int]
    frequencies: Mapped[list[Any]]
    smallest_minor: Mapped[int]
    fee_minor: Mapped[int] = mapped_column(server_default="0")
    fee_percent: Mapped[Decimal] = mapped_column(PERCENT, server_default="0")
    interest_percent: Mapped[Decimal] = mapped_column(PERCENT, server_default="0")
    alone_up_to_minor: Mapped[int | None]
    alone_count: Mapped[int]
    approver: Mapped[Approver]
    moves: Mapped[int]
    grace_days: Mapped[int]
    retries: Mapped[int]
    missed_for_default: Mapped[int]
    working_days: Mapped[bool]

    @property
    def rule(self) -> Rule:
        conditions = {name: getattr(self, name) for name in _CONDITIONS}
        plain = {name: getattr(self, name) for name in _PLAIN}
        terms = Terms(
            frequencies=frozenset(Frequency(one) for one in self.frequencies),
            smallest=Money(self.smallest_minor, self.currency),
            fee=Money(self.fee_minor, self.currency),
            alone_up_to=None if self.alone_up_to_minor is None else Money(self.alone_up_to_minor, self.currency),
            **plain,
        )
        return Rule(**conditions, terms=terms)


_CONDITIONS = ("id", "name", "kind", "country", "currency", "from_minor", "up_to_minor", "past")
_PLAIN = (
    *("first_percent", "fewest", "most", "most_months", "most_gap_days", "fee_percent", "interest_percent"),
    *("alone_count", "approver", "moves", "grace_days", "retries", "missed_for_default", "working_days"),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """A version as a value, its rules in order."""

    version_id: int
    number: int
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Ruled:
    """What is offered to a case under a version: `rule` none where a person decides. `why` is for staff."""

    version_id: int
    number: int
    rule: Rule | None
    why: tuple[Sentence, ...]


def in_force(at: datetime | None = None) -> Policy:
    """The policy of now, or of a moment before. Every installation begins with one."""
    query = select(PlanPolicy).where(PlanPolicy.live_at.is_not(None))
    if at is None:
        query = query.where(PlanPolicy.state == PolicyState.PUBLISHED)
    else:
        query = query.where(PlanPolicy.live_at <= at).order_by(PlanPolicy.live_at.desc(), PlanPolicy.id.desc())
    return value(session.scalars(query.limit(1)).one())


def rule_for(customer: Customer, balance: Money, on: date, *, past: PastPlans, policy: Policy | None = None) -> Ruled:
    """
    What may be offered to a customer for a balance, with no more charges than the law of their country allows.

    :param policy: the version a plan was signed under, where it is not the one in force.
    """
    policy = policy or in_force()
    kind = (CustomerKind.BUSINESS if customer.kind == CustomerKind.BUSINESS else CustomerKind.CONSUMER).value
    country = customer.country or company.get().country
    applied = applies(policy.rules, Case(kind, country, balance, past))
    if applied.rule is None:
        return Ruled(policy.version_id, policy.number, None, applied.why)
    terms = capped(applied.rule.terms, kind, country, on)
    return Ruled(policy.version_id, policy.number, replace(applied.rule, terms=terms), applied.why)


def value(version: PlanPolicy) -> Policy:
    query = select(PlanRule).where(PlanRule.version_id == version.id).order_by(PlanRule.position)
    return Policy(version.id, version.number, tuple(row.rule for row in session.scalars(query)))


def at_version(version_id: int) -> Policy:
    """Any version: the one a plan was signed under, or a draft that is looked at."""
    return value(session.get_one(PlanPolicy, version_id))


def versions() -> Sequence[PlanPolicy]:
    """Newest first."""
    return session.scalars(select(PlanPolicy).order_by(PlanPolicy.number.desc())).all()


def version(number: int) -> PlanPolicy | None:
    return session.scalar(select(PlanPolicy).where(PlanPolicy.number == number))


def live_version() -> PlanPolicy:
    return session.scalars(select(PlanPolicy).where(PlanPolicy.state == PolicyState.PUBLISHED)).one()


def worked_on() -> PlanPolicy | None:
    """The draft, or what waits for a second person; there is one at most."""
    query = select(PlanPolicy).where(PlanPolicy.state.in_((PolicyState.DRAFT, PolicyState.WAITING)))
    return session.scalar(query)


def put_rules(version: PlanPolicy, rules: Sequence[Rule]) -> None:
    session.execute(delete(PlanRule).where(PlanRule.version_id == version.id))
    for position, rule in enumerate(rules):
        terms = rule.terms
        columns = {name: getattr(rule, name) for name in _CONDITIONS if name != "id" or rule.id}
        columns |= {name: getattr(terms, name) for name in _PLAIN}
        session.add(
            PlanRule(
                version_id=version.id,
                position=position,
                frequencies=sorted(one.value for one in terms.frequencies),
                smallest_minor=terms.smallest.minor,
                fee_minor=terms.fee.minor,
                alone_up_to_minor=None if terms.alone_up_to is None else terms.alone_up_to.minor,
                **columns,
            )
        )
    session.flush()
