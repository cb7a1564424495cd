"""Complaints: corrective actions, alerts, summaries by mail, and which customers were told of a fix."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _corrective_actions()
    _complaint_alerts()
    _complaint_digests()
    _fixes_told()
    op.create_index("ix_disputes_opened_on", "disputes", ["opened_on"])


def _corrective_actions() -> None:
    op.create_table(
        "corrective_actions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("cause_id", sa.BigInteger(), nullable=False),
        sa.Column("product", sa.String(), server_default="", nullable=False),
        sa.Column("supplier", sa.String(), server_default="", nullable=False),
        sa.Column("site", sa.String(), server_default="", nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("expected", sa.String(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "agreed",
                "in_work",
                "done",
                "verified",
                "failed",
                "dropped",
                name="actionstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("proposed_by", sa.BigInteger(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("agreed_by", sa.BigInteger(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("judged_days", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("judged_on", sa.Date(), nullable=True),
        sa.Column("before_cases", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("before_lines", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("after_cases", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("after_lines", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("told_level", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint("what <> ''", name=op.f("ck_corrective_actions_says_what")),
        sa.ForeignKeyConstraint(["cause_id"], ["causes.id"], name=op.f("fk_corrective_actions_cause_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_corrective_actions_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrective_actions")),
    )
    op.create_index("ix_corrective_actions_cause", "corrective_actions", ["cause_id"], unique=False)
    op.create_index("ix_corrective_actions_owner", "corrective_actions", ["owner_id"], unique=False)


def _complaint_alerts() -> None:
    op.create_table(
        "complaint_alerts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("cause_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "because", sa.Enum("cases", "money", name="alertbecause", native_enum=False, length=32), nullable=False
        ),
        sa.Column(
            "state",
            sa.Enum("open", "answered", "closed", name="alertstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cases", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("held_minor", sa.BigInteger(), nullable=False),
        sa.Column("billed_minor", sa.BigInteger(), nullable=False),
        sa.Column("action_id", sa.BigInteger(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["action_id"], ["corrective_actions.id"], name=op.f("fk_complaint_alerts_action_id")),
        sa.ForeignKeyConstraint(["cause_id"], ["causes.id"], name=op.f("fk_complaint_alerts_cause_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_alerts")),
    )
    op.create_index("ix_complaint_alerts_cause", "complaint_alerts", ["cause_id"], unique=False)
    op.create_index(
        "uq_complaint_alerts_open", "complaint_alerts", ["cause_id"], unique=True, postgresql_where="state = 'open'"
    )


def _complaint_digests() -> None:
    op.create_table(
        "complaint_digests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_digests")),
        sa.UniqueConstraint("until_on", name=op.f("uq_complaint_digests_until_on")),
    )


def _fixes_told() -> None:
    op.create_table(
        "fixes_told",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("action_id", sa.BigInteger(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "dispute_id"],
            ["disputes.customer_id", "disputes.id"],
            name=op.f("fk_fixes_told_customer_id_dispute_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "dispute_id", name=op.f("pk_fixes_told")),
    )
