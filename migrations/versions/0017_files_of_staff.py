"""Files that staff and departments add: whose link gave one, and which note answers which question."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("files", sa.Column("question_id", sa.BigInteger(), nullable=True))
    op.drop_constraint(op.f("ck_files_one_giver"), "files")
    op.create_check_constraint(
        op.f("ck_files_one_giver"), "files", "num_nonnulls(contact_id, staff_id, question_id) = 1"
    )
    op.add_column("dispute_notes", sa.Column("question_id", sa.BigInteger(), nullable=True))
