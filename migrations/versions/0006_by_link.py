"""Links on paper, payments by whoever holds a link, and codes that confirm who is signed in."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("links", sa.Column("paper", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("attempts", sa.Column("link_id", sa.BigInteger(), nullable=True))
    op.add_column("sessions", sa.Column("code_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("codes", sa.Column("session_id", sa.BigInteger(), nullable=True))
    op.alter_column("codes", "link_id", existing_type=sa.BigInteger(), nullable=True)
    op.create_check_constraint(op.f("ck_codes_one_use"), "codes", "(link_id is null) <> (session_id is null)")
