"""What a run keeps: itself, its chunks of customers, and one line for each step that goes for an item."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base
from models.states import Stateful


class LineState(StrEnum):
    SELECTED = "selected"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"


class ReminderRun(Base):
    """
    One look at all customers as of a business day. What was recorded after `started_at` is not counted; what is
    decided may go from `moment` on. `refused`: the bank's money was too old, and nobody was written to;
    `bank_money_until` is what was known of it.
    """

    __tablename__ = "reminder_runs"
    __table_args__ = (Index("ix_reminder_runs_as_of", "as_of"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    as_of: Mapped[date]
    moment: Mapped[datetime]
    started_at: Mapped[datetime]
    started_by: Mapped[str]
    bank_money_until: Mapped[date | None]
    refused: Mapped[bool] = mapped_column(server_default="false")
    customers: Mapped[int] = mapped_column(server_default="0")
    finished_at: Mapped[datetime | None]


class ReminderChunk(Base):
    """A thousand customers of a run. `outcome` counts messages by channel, tasks, lines and the rules that spoke."""

    __tablename__ = "reminder_chunks"
    __table_args__ = (Index("ix_reminder_chunks_left", "run_id", "id", postgresql_where="done_at is null"),)

    run_id: Mapped[int] = mapped_column(ForeignKey(ReminderRun.id), primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    customers: Mapped[list[Any]]
    done_at: Mapped[datetime | None]
    outcome: Mapped[dict[str, Any]] = mapped_column(server_default="{}")


class ReminderLine(Stateful, Base):
    """
    This step goes for this item, the so-many-th time: written before anything is sent, at most once while it lives.
    `customer_id` is whose item it is; `written_to` who is written to, another one where accounts are merged. Step 0 is
    the task at the end of a sequence. `on` is the business day of the run; `done_at` when it was sent, failed or
    skipped, with the `reason` as the id of a rule.
    """

    __tablename__ = "reminder_lines"
    __table_args__ = (
        Index(
            "uq_reminder_lines_living",
            "customer_id",
            "entry_id",
            "step_id",
            "occurrence",
            unique=True,
            postgresql_where="state in ('selected', 'sent')",
        ),
        Index("ix_reminder_lines_message", "written_to", "message_id"),
        Index("ix_reminder_lines_run", "run_id"),
    )
    TRANSITIONS: ClassVar = {
        LineState.SELECTED: frozenset({LineState.SENT, LineState.FAILED, LineState.SKIPPED}),
        LineState.SENT: frozenset({LineState.FAILED}),  # A mail that came back.
        LineState.FAILED: frozenset[LineState](),
        LineState.SKIPPED: frozenset[LineState](),
    }

    customer_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    written_to: Mapped[int]
    entry_id: Mapped[int]
    step_id: Mapped[int]
    occurrence: Mapped[int]
    run_id: Mapped[int]
    message_id: Mapped[int | None]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    on: Mapped[date]
    selected_at: Mapped[datetime]
    state: Mapped[LineState] = mapped_column(default=LineState.SELECTED)
    reason: Mapped[str] = mapped_column(server_default="")
    done_at: Mapped[datetime | None]
