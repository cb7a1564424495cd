"""The account rows: what is locked before anybody decides about a customer's money, holds or contact."""

from collections.abc import Iterable

from sqlalchemy import ForeignKey, bindparam, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from models.customers.customers import Customer
from models.database import Base, session


class Account(Base):
    """`entries` counts the ledger entries of this account, so that a missing one is noticed."""

    __tablename__ = "accounts"

    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id), primary_key=True, autoincrement=False)
    currency: Mapped[str] = mapped_column(primary_key=True)
    entries: Mapped[int] = mapped_column(server_default="0")


# Made once: every operation begins with it, and to put it together takes longer than to run it.
_ONE = (
    select(Account)
    .where(Account.customer_id == bindparam("customer_id"), Account.currency == bindparam("currency"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


def lock_account(customer_id: int, currency: str) -> None:
    """
    Take the account's row lock until the transaction ends. Every operation does, so that none depends on its caller's:
    where this transaction holds the lock already, PostgreSQL is not asked again.
    """
    key = (customer_id, currency)
    if key in _held():
        return
    locked_account(customer_id, currency)
    if not session().in_nested_transaction():  # A savepoint that is rolled back gives back what was locked inside it.
        _held().add(key)


def locked_account(customer_id: int, currency: str) -> Account:
    """The account as it is now, locked; the row is made when it is the first of its kind."""
    account = session.scalar(_ONE, {"customer_id": customer_id, "currency": currency})
    return account or lock_accounts([(customer_id, currency)])[0]


def _held() -> set[tuple[int, str]]:
    """What `lock_account` has locked in this transaction, and in no other: of another one it is an empty set."""
    transaction = session().get_transaction()
    held: set[tuple[int, str]]
    of, held = session.info.get("locked", (None, set()))
    if of is not transaction:
        held = set()
        session.info["locked"] = (transaction, held)
    return held


def lock_accounts(keys: Iterable[tuple[int, str]]) -> list[Account]:
    """Lock several, always in ascending order, so that two who want the same ones never wait for each other."""
    wanted = sorted(set(keys))
    query = (
        select(Account)
        .where(tuple_(Account.customer_id, Account.currency).in_(wanted))
        .order_by(Account.customer_id, Account.currency)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    locked = list(session.scalars(query))
    if len(locked) < len(wanted):
        rows = [{"customer_id": customer_id, "currency": currency} for customer_id, currency in wanted]
        session.execute(insert(Account).values(rows).on_conflict_do_nothing())
        locked = list(session.scalars(query))
    return locked


def lock_all(customer_id: int) -> list[Account]:
    """Lock every account of a customer: for what concerns the customer as a whole (contacts, links, merges)."""
    query = select(Account).where(Account.customer_id == customer_id).order_by(Account.currency)
    return list(session.scalars(query.with_for_update()))


def lock_all_of(customers: Iterable[int]) -> None:
    """As `lock_all`, for many customers at once, in ascending order."""
    query = select(Account.customer_id).where(Account.customer_id.in_(sorted(set(customers))))
    session.execute(query.order_by(Account.customer_id, Account.currency).with_for_update())
