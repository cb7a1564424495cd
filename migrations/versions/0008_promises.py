"""What a customer says and what staff place: promises, claims, pauses, opt-outs; what a contact prefers."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _promises()


def _promises() -> None:
    states = sa.Enum(
        *("open", "kept", "broken", "withdrawn"), name="promisestate", native_enum=False, length=32
    )
    op.create_table(
        "promises",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("pay_on", sa.Date(), nullable=False),
        sa.Column("answer_on", sa.Date(), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("moves", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_promises_amount_positive")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_promises")),
    )
    op.create_index(
        "ix_promises_open", "promises", ["customer_id", "id"], postgresql_where=sa.text("state = 'open'")
    )
    op.create_table(
        "promise_lines",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("promise_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_promise_lines_amount_positive")),
        sa.ForeignKeyConstraint(
            ["customer_id", "entry_id"],
            ["entries.customer_id", "entries.id"],
            name=op.f("fk_promise_lines_customer_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "promise_id"],
            ["promises.customer_id", "promises.id"],
            name=op.f("fk_promise_lines_customer_id_promise_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "promise_id", "entry_id", name=op.f("pk_promise_lines")),
    )
    op.create_index("ix_promise_lines_entry", "promise_lines", ["customer_id", "entry_id"])
