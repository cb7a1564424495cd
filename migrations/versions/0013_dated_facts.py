"""Calls outside the limits; what contacts, customers and the company were before they were changed."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calls", sa.Column("outside", sa.String(), server_default="", nullable=False))
