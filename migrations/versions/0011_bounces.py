"""Mails that come back, and addresses that take none."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("bounced_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_messages_message_id", "messages", ["message_id"])
    op.create_table(
        "stopped_addresses",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stopped_addresses")),
    )
    op.create_index(
        "uq_stopped_addresses_living",
        "stopped_addresses",
        ["address"],
        unique=True,
        postgresql_where=sa.text("released_at is null"),
    )
