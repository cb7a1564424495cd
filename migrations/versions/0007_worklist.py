"""Tasks and calls; holds over all accounts of a customer, and a source that holds again after its hold ended."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("holds", "currency", nullable=True)
    op.drop_constraint("uq_holds_customer_id_source_entry_id", "holds")
    op.create_index(
        "uq_holds_living",
        "holds",
        ["customer_id", "source", "entry_id"],
        unique=True,
        postgresql_where="ended_at is null",
        postgresql_nulls_not_distinct=True,
    )
    kinds = (
        *("missing_address", "dead_address", "wrong_number", "check_payment", "not_ours", "something_wrong"),
        *("call", "stop_service", "hand_over", "sequence_ended"),
    )
    outcomes = ("spoke", "promise", "something_wrong", "wrong_number", "no_answer")
    op.create_table(
        "tasks",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Enum(*kinds, name="taskkind", native_enum=False, length=32), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "state",
            sa.Enum("open", "done", "dropped", name="taskstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_tasks_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("customer_id", "kind", "about", name=op.f("uq_tasks_customer_id_kind_about")),
    )
    op.create_index("ix_tasks_open", "tasks", ["due_on", "id"], postgresql_where=sa.text("state = 'open'"))
    op.create_table(
        "calls",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Enum(*outcomes, name="calloutcome", native_enum=False, length=32), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_calls_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_calls")),
    )
    op.create_index("ix_calls_called_at", "calls", ["customer_id", "called_at"])
