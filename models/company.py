"""The creditor whose installation this is: one row of facts, read once per request."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, select
from sqlalchemy.orm import Mapped, mapped_column
from stdnum import bic, iban

from models import audit, clock
from models.audit import Actor
from models.database import Base, session
from models.errors import N_, Refused
from models.money import Money
from models.policies import house_rules
from models.policies.house_rules import Rule, Unit, Value

ID = 1
HOLDING_ACCOUNT = 0  # Customer 0 is the company itself: money without a name, its own audit stream, mail to its staff.


class Company(Base):
    """
    `books_closed_on`: nothing may be effective on or before it. `bank_money_until`: the last day whose
    bank money is in. `account_holder`: whose the bank account is, where it differs from the name. `codes_always`:
    every link also asks for a code. `law_firm`: who writes the last letters, its name on the first line and its
    address below. `limits`: what of `policies.house_rules` differs from the defaults, amounts as text.
    """

    __tablename__ = "company"
    __table_args__ = (CheckConstraint(f"id = {ID}", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    address: Mapped[str] = mapped_column(server_default="")
    registration: Mapped[str] = mapped_column(server_default="")
    country: Mapped[str]
    currency: Mapped[str]
    language: Mapped[str]
    timezone: Mapped[str]
    help_phone: Mapped[str] = mapped_column(server_default="")
    help_email: Mapped[str] = mapped_column(server_default="")
    privacy_url: Mapped[str] = mapped_column(server_default="")
    imprint_url: Mapped[str] = mapped_column(server_default="")
    accessibility_url: Mapped[str] = mapped_column(server_default="")
    account_holder: Mapped[str] = mapped_column(server_default="")
    iban: Mapped[str] = mapped_column(server_default="")
    bic: Mapped[str] = mapped_column(server_default="")
    books_closed_on: Mapped[date | None]
    bank_money_until: Mapped[date | None]
    is_demo: Mapped[bool] = mapped_column(server_default="false")
    clock_offset_seconds: Mapped[int] = mapped_column(server_default="0")
    limits: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    codes_always: Mapped[bool] = mapped_column(server_default="false")
    law_firm: Mapped[str] = mapped_column(server_default="")

    def today(self, now: datetime) -> date:
        """The business date of a moment."""
        return clock.business_date(now, self.timezone)

    def limit(self, name: str, default: Decimal) -> Money:
        """A setting that is an amount, in the company's currency."""
        return Money.of(Decimal(self.limits.get(name, default)), self.currency)


def get() -> Company:
    """Asked for once in a transaction: the session forgets what nobody holds."""
    row = session.get_one(Company, ID)
    session.info["company"] = row
    return row


_ONE = select(Company).where(Company.id == ID)


def of_request() -> Company:
    """The row for a whole request: apart from the session, so that it outlives a rollback and writes nothing back."""
    row = session.scalars(_ONE).one()
    session.expunge(row)
    return row


def locked() -> Company:
    """The row, locked until the transaction ends: before one of its facts is changed."""
    return session.get_one(Company, ID, with_for_update=True, populate_existing=True)


def books_closed_on() -> date | None:
    return session.scalar(select(Company.books_closed_on).where(Company.id == ID))


def keep_clock(*, production: bool) -> None:
    """Take the shared clock's offset from the database into this process; production has none."""
    seconds = 0 if production else session.scalar(select(Company.clock_offset_seconds).where(Company.id == ID))
    clock.move(timedelta(seconds=seconds or 0))


def move_clock(by: timedelta | None) -> None:
    """Add to the shared clock's offset; None sets it back to the real time."""
    row = session.get_one(Company, ID, with_for_update=True)
    row.clock_offset_seconds = row.clock_offset_seconds + int(by.total_seconds()) if by else 0


CHANGEABLE = (
    *("name", "registration", "address", "country", "currency", "language", "timezone", "help_phone", "help_email"),
    *("privacy_url", "imprint_url", "accessibility_url", "account_holder", "iban", "bic", "codes_always"),
    "law_firm",
)


def is_iban(text: str) -> bool:
    return bool(iban.is_valid(text))


def is_bic(text: str) -> bool:
    return bool(bic.is_valid(text))


def written_iban(text: str) -> str:
    """In groups of four, as banks print it."""
    return str(iban.format(text))


def change(facts: Mapping[str, Any], *, by: Actor, now: datetime) -> None:
    """Change what the company says of itself. Audited in its own stream with before and after."""
    row = locked()
    before = {name: getattr(row, name) for name in CHANGEABLE if name in facts}
    after = {name: _tidy(facts[name]) for name in before}
    if after.get("iban"):
        after["iban"] = written_iban(str(after["iban"]))
    changed = {name: value for name, value in after.items() if value != before[name]}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        session.flush()
        audit.record(
            HOLDING_ACCOUNT,
            "company.changed",
            by=by,
            now=now,
            about=f"company:{ID}",
            facts={"before": {name: before[name] for name in changed}, "after": changed},
        )


class RuleChanged(Refused):
    """Somebody else changed the rule since it was looked at."""


def set_rule(rule: Rule, value: Value, *, was: str, by: Actor, now: datetime) -> None:
    """
    Change one rule of the house; its default is kept nowhere. Audited in the company's own stream.

    :param was: the value that was looked at, as `Rule.write` writes it.
    :raises RuleChanged: it is another one by now.
    :raises RuleRefused: not a value it may have, alone or beside the others.
    """
    row = locked()
    before = rule.write(rule.of(row.limits))
    if before != was:
        raise RuleChanged(N_("This has changed in the meantime. Please look at it again."))
    rule.check(value)
    if rule.unit is Unit.MONEY and isinstance(value, Decimal):
        Money.of(value, row.currency)
    others = {name: kept for name, kept in row.limits.items() if name != rule.name}
    limits = others if value == rule.default else {**others, rule.name: rule.keep(value)}
    house_rules.check_together(limits)
    if rule.write(value) == before:
        return
    row.limits = limits
    session.flush()
    facts = {"before": {rule.name: before}, "after": {rule.name: rule.write(value)}}
    audit.record(HOLDING_ACCOUNT, "rule.changed", by=by, now=now, about=f"company:{ID}", facts=facts)


def _tidy(fact: str | bool | None) -> str | bool:
    return fact if isinstance(fact, bool) else (fact or "").strip()
