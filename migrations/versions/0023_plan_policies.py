"""What may be offered as a plan: versions of rules, and the first one, in force from the beginning."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _plan_policies()
    _plan_rules()
    _first()


def _plan_policies() -> None:
    op.create_table(
        "plan_policies",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True, start=2), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("draft", "waiting", "published", "retired", name="policystate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("writers", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("reason", sa.String(), server_default="", nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("comment", sa.String(), server_default="", nullable=False),
        sa.Column("live_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_policies")),
        sa.UniqueConstraint("number", name=op.f("uq_plan_policies_number")),
    )
    op.create_index(
        "uq_plan_policies_live",
        "plan_policies",
        ["state"],
        unique=True,
        postgresql_where=sa.text("state = 'published'"),
    )


def _plan_rules() -> None:
    percent = sa.Numeric(precision=7, scale=3)
    op.create_table(
        "plan_rules",
        sa.Column("version_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=2), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), server_default="", nullable=False),
        sa.Column("country", sa.String(), server_default="", nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("from_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("up_to_minor", sa.BigInteger(), nullable=True),
        sa.Column(
            "past", sa.Enum("any", "kept", "broken", name="wanted", native_enum=False, length=32), nullable=False
        ),
        sa.Column("first_percent", percent, nullable=False),
        sa.Column("fewest", sa.BigInteger(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column("most_months", sa.BigInteger(), nullable=False),
        sa.Column("most_gap_days", sa.BigInteger(), nullable=False),
        sa.Column("frequencies", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("smallest_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fee_percent", percent, server_default="0", nullable=False),
        sa.Column("interest_percent", percent, server_default="0", nullable=False),
        sa.Column("alone_up_to_minor", sa.BigInteger(), nullable=True),
        sa.Column("alone_count", sa.BigInteger(), nullable=False),
        sa.Column(
            "approver", sa.Enum("finance", "manager", name="approver", native_enum=False, length=32), nullable=False
        ),
        sa.Column("moves", sa.BigInteger(), nullable=False),
        sa.Column("grace_days", sa.BigInteger(), nullable=False),
        sa.Column("retries", sa.BigInteger(), nullable=False),
        sa.Column("missed_for_default", sa.BigInteger(), nullable=False),
        sa.Column("working_days", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["plan_policies.id"], name=op.f("fk_plan_rules_version_id")),
        sa.PrimaryKeyConstraint("version_id", "id", name=op.f("pk_plan_rules")),
        sa.UniqueConstraint("version_id", "position", name=op.f("uq_plan_rules_version_id_position")),
    )


def _first() -> None:
    """2 to 12 payments, a tenth at once, none below 20, up to 5,000 without a second person; nothing is charged."""
    op.execute(
        "insert into plan_policies (id, number, state, written_at, live_at) overriding system value"
        " values (1, 1, 'published', now(), '2000-01-01 00:00:00+00')"
    )
    op.execute(
        """
        insert into plan_rules (version_id, id, position, name, currency, past, first_percent, fewest, most, most_months,
            most_gap_days, frequencies, smallest_minor, alone_up_to_minor, alone_count, approver, moves, grace_days,
            retries, missed_for_default, working_days)
        select p.id, 1, 0, 'Everyone', c.currency, 'any', 10, 2, 12, 12,
            45, '["fortnightly", "monthly", "weekly"]', 20 * u.unit, 5000 * u.unit, 12, 'finance', 1, 5,
            2, 2, true
        from plan_policies p cross join company c cross join lateral (
            select case when c.currency in ('CLP', 'ISK', 'JPY', 'KRW', 'VND', 'XAF', 'XOF', 'XPF') then 1
                        when c.currency in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') then 1000
                        else 100 end as unit
        ) u
        """
    )

