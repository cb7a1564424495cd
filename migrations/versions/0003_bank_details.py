"""Bank details: in whose name the company's bank account is."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("company", sa.Column("account_holder", sa.String(), server_default="", nullable=False))
