"""Typed codes, links that work once, and the company's wish for a code with every link."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "codes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("link_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_codes")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_codes_token_hash")),
    )
    op.create_index("ix_codes_made_at", "codes", ["made_at"], unique=False)
    op.add_column("links", sa.Column("once", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("company", sa.Column("codes_always", sa.Boolean(), server_default="false", nullable=False))
    # It held the word 'email' for every row, so that nobody was found by it.
    op.drop_index("ix_contacts_email", table_name="contacts")
    op.create_index("ix_contacts_email", "contacts", [sa.literal_column("lower(email)")], unique=False)
