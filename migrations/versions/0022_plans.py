"""Instalment plans: their items, their instalments, and each schedule that was ever in force."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _plans()
    _plan_items()
    _instalments()
    _plan_versions()


def _plans() -> None:
    op.create_table(
        "plans",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "requested",
                "offered",
                "active",
                "completed",
                "defaulted",
                "cancelled",
                name="planstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("way", sa.Enum("automatic", "transfer", name="way", native_enum=False, length=32), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("ask", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "frequency",
            sa.Enum("weekly", "fortnightly", "monthly", "own", name="frequency", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("working_days", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=True),
        sa.Column("rule", sa.BigInteger(), nullable=True),
        sa.Column("balance_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fee_entry_id", sa.BigInteger(), nullable=True),
        sa.Column("grace_days", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("retries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("misses", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("moves_left", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("hardship", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("word", sa.String(), server_default="", nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_on", sa.Date(), nullable=True),
        sa.Column("offered_until", sa.Date(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("allocated_up_to", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("method_id", sa.BigInteger(), nullable=True),
        sa.Column("consent_id", sa.BigInteger(), nullable=True),
        sa.Column("began_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("balance_minor >= 0 and fee_minor >= 0", name=op.f("ck_plans_nothing_negative")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_plans")),
    )
    op.create_index(
        "ix_plans_active",
        "plans",
        ["customer_id", "id"],
        postgresql_where="state in ('offered', 'active', 'defaulted')",
    )
    op.create_index("ix_plans_requested", "plans", ["requested_at"], postgresql_where="state = 'requested'")
    op.create_index(
        "uq_plans_draft",
        "plans",
        ["customer_id", "contact_id", "currency"],
        unique=True,
        postgresql_where="state = 'draft'",
    )


def _plan_items() -> None:
    op.create_table(
        "plan_items",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("plan_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_plan_items_amount_positive")),
        sa.ForeignKeyConstraint(
            ["customer_id", "entry_id"],
            ["entries.customer_id", "entries.id"],
            name=op.f("fk_plan_items_customer_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "plan_id"],
            ["plans.customer_id", "plans.id"],
            name=op.f("fk_plan_items_customer_id_plan_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "plan_id", "entry_id", name=op.f("pk_plan_items")),
    )
    op.create_index("ix_plan_items_entry", "plan_items", ["customer_id", "entry_id"])


def _instalments() -> None:
    op.create_table(
        "instalments",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("covered_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "planned",
                "due",
                "charging",
                "paid",
                "missed",
                "returned",
                "waived",
                name="instalmentstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("next_try_on", sa.Date(), nullable=True),
        sa.Column("waits_for_customer", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("decline_code", sa.String(), server_default="", nullable=False),
        sa.Column("missed_on", sa.Date(), nullable=True),
        sa.Column("grace_until", sa.Date(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_instalments_amount_positive")),
        sa.CheckConstraint(
            "covered_minor between 0 and amount_minor", name=op.f("ck_instalments_covered_within_amount")
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "plan_id"],
            ["plans.customer_id", "plans.id"],
            name=op.f("fk_instalments_customer_id_plan_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_instalments")),
        sa.UniqueConstraint("customer_id", "plan_id", "number", name=op.f("uq_instalments_customer_id_plan_id_number")),
    )
    op.create_index(
        "ix_instalments_living",
        "instalments",
        ["due_on"],
        postgresql_where="state in ('planned', 'due', 'charging', 'missed')",
    )


def _plan_versions() -> None:
    op.create_table(
        "plan_versions",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("plan_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "because",
            sa.Enum(
                "signed",
                "paid_otherwise",
                "less_owed",
                "more_owed",
                "returned",
                "moved",
                "changed",
                "revived",
                name="because",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("lines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "plan_id"],
            ["plans.customer_id", "plans.id"],
            name=op.f("fk_plan_versions_customer_id_plan_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "plan_id", "number", name=op.f("pk_plan_versions")),
    )
