"""Approved answers to cases: words may be for one thing that can be wrong."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("templates", sa.Column("about", sa.String(), server_default="", nullable=False))
