"""Money that leaves again through Stripe: refunds, chargebacks, and how far Stripe's events were read."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "event_cursor",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("read_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_cursor")),
    )
    op.create_table(
        "refunds",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                *("waiting", "submitted", "sent", "succeeded", "failed"),
                name="refundstate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("request_json", sa.String(), server_default="", nullable=False),
        sa.Column("stripe_id", sa.String(), nullable=True),
        sa.Column("failure_code", sa.String(), server_default="", nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "attempt_id"],
            ["attempts.customer_id", "attempts.id"],
            name=op.f("fk_refunds_customer_id_attempt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "receipt_id"],
            ["entries.customer_id", "entries.id"],
            name=op.f("fk_refunds_customer_id_receipt_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("customer_id", "key", name=op.f("uq_refunds_customer_id_key")),
        sa.UniqueConstraint("customer_id", "stripe_id", name=op.f("uq_refunds_customer_id_stripe_id")),
    )
    op.create_index("ix_refunds_attempt", "refunds", ["customer_id", "attempt_id"])
    op.create_index("ix_refunds_receipt", "refunds", ["customer_id", "receipt_id"])
    op.create_index(
        "ix_refunds_unfinished",
        "refunds",
        ["next_try_at"],
        postgresql_where="state in ('waiting', 'submitted', 'sent')",
    )
    op.create_table(
        "chargebacks",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("receipt_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*("inquiry", "open", "closed", "won", "lost"), name="disputestate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reinstated_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "attempt_id"],
            ["attempts.customer_id", "attempts.id"],
            name=op.f("fk_chargebacks_customer_id_attempt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "receipt_id"],
            ["entries.customer_id", "entries.id"],
            name=op.f("fk_chargebacks_customer_id_receipt_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_chargebacks")),
    )
    op.create_index("ix_chargebacks_attempt", "chargebacks", ["customer_id", "attempt_id"])
    op.create_index("ix_chargebacks_receipt", "chargebacks", ["customer_id", "receipt_id"])

