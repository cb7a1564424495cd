"""Calls outside the limits; what contacts, customers and the company were before they were changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# For each table: whose row it is, its id, and the facts that reminders are decided by.
KEPT = {
    "contacts": ("old.customer_id", "old.id", ("email", "channel", "quiet_from", "quiet_until", "active", "may_see")),
    "customers": ("old.id", "old.id", ("kind", "country", "timezone", "address")),
    "company": ("0", "old.id", ("country", "currency", "timezone", "limits", "bank_money_until")),
}


def keep(table: str, customer: str, row: str, facts: tuple[str, ...]) -> None:
    """Of an address it is kept whether there was one: no run asks for more."""
    told = ", ".join(f"'{one}', " + (r"old.address ~ '\S'" if one == "address" else f"old.{one}") for one in facts)
    changed = " or ".join(f"old.{one} is distinct from new.{one}" for one in facts)
    op.execute(
        f"""
create function keep_former_{table}() returns trigger language plpgsql as $$
begin
    insert into former_facts (customer_id, about, facts, until_at)
    select {customer}, '{table}:' || {row}, jsonb_build_object({told}),
           clock_timestamp() + make_interval(secs => coalesce((select max(clock_offset_seconds) from company), 0));
    return null;
end $$"""
    )
    op.execute(
        f"create trigger keep_former_{table} after update on {table} for each row when ({changed})"
        f" execute function keep_former_{table}()"
    )


def upgrade() -> None:
    op.add_column("calls", sa.Column("outside", sa.String(), server_default="", nullable=False))
    op.create_table(
        "former_facts",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_former_facts")),
    )
    op.create_index("ix_former_facts_until", "former_facts", ["customer_id", "until_at"])
    for table, kept in KEPT.items():
        keep(table, *kept)
