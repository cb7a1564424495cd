"""Runs of reminders and their lines; messages that go by letter, and what a message was made from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("channel", sa.String(), server_default="email", nullable=False))
    op.add_column(
        "messages",
        sa.Column("made_from", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
    )
    op.add_column("messages", sa.Column("document", sa.LargeBinary(), nullable=True))
    op.add_column("messages", sa.Column("document_hash", sa.String(), server_default="", nullable=False))
    op.create_index(
        "ix_messages_letters",
        "messages",
        ["customer_id", "id"],
        postgresql_where="channel = 'letter' and state = 'queued'",
    )
    op.create_table(
        "reminder_runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("moment", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("bank_money_until", sa.Date(), nullable=True),
        sa.Column("refused", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("customers", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_runs")),
    )
    op.create_index("ix_reminder_runs_as_of", "reminder_runs", ["as_of"])
    op.create_table(
        "reminder_chunks",
        sa.Column("run_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["reminder_runs.id"], name=op.f("fk_reminder_chunks_run_id")),
        sa.PrimaryKeyConstraint("run_id", "id", name=op.f("pk_reminder_chunks")),
    )
    op.create_index(
        "ix_reminder_chunks_left", "reminder_chunks", ["run_id", "id"], postgresql_where="done_at is null"
    )
    op.create_table(
        "reminder_lines",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("written_to", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("step_id", sa.BigInteger(), nullable=False),
        sa.Column("occurrence", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("selected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum("selected", "sent", "failed", "skipped", name="linestate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_reminder_lines")),
    )
    op.create_index(
        "uq_reminder_lines_living",
        "reminder_lines",
        ["customer_id", "entry_id", "step_id", "occurrence"],
        unique=True,
        postgresql_where="state in ('selected', 'sent')",
    )
    op.create_index("ix_reminder_lines_message", "reminder_lines", ["written_to", "message_id"])
    op.create_index("ix_reminder_lines_run", "reminder_lines", ["run_id"])
