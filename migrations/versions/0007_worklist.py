"""Tasks and calls; holds over all accounts of a customer, and a source that holds again after its hold ended."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
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
