"""Kept methods, consents, customers at Stripe; charges while nobody is there."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _gateway_customers()
    _saved_methods()
    _consents()
    _attempts()


def _gateway_customers() -> None:
    op.create_table(
        "gateway_customers",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("request_json", sa.String(), nullable=False),
        sa.Column("stripe_id", sa.String(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_gateway_customers_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_gateway_customers")),
    )


def _saved_methods() -> None:
    op.create_table(
        "saved_methods",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("stripe_id", sa.String(), nullable=False),
        sa.Column(
            "kind", sa.Enum("card", "sepa_debit", name="methodkind", native_enum=False, length=32), nullable=False
        ),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("last4", sa.String(), nullable=False),
        sa.Column("exp_month", sa.BigInteger(), nullable=True),
        sa.Column("exp_year", sa.BigInteger(), nullable=True),
        sa.Column("mandate_id", sa.String(), nullable=True),
        sa.Column(
            "state",
            sa.Enum("active", "expired", "failed", "removed", name="methodstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("detached_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_saved_methods")),
        sa.UniqueConstraint("customer_id", "stripe_id", name=op.f("uq_saved_methods_customer_id_stripe_id")),
    )
    op.create_index(
        "ix_saved_methods_attached",
        "saved_methods",
        ["ended_at"],
        unique=False,
        postgresql_where="state = 'removed' and detached_at is null",
    )
    op.create_index(
        "ix_saved_methods_expiring",
        "saved_methods",
        ["exp_year", "exp_month"],
        unique=False,
        postgresql_where="state = 'active'",
    )


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("text_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ip", sa.String(), nullable=False),
        sa.Column("browser", sa.String(), nullable=False),
        sa.Column("method_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "method_id"],
            ["saved_methods.customer_id", "saved_methods.id"],
            name=op.f("fk_consents_customer_id_method_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_consents")),
    )
    op.create_index(
        "uq_consents_living",
        "consents",
        ["customer_id", "about"],
        unique=True,
        postgresql_where="withdrawn_at is null",
    )


def _attempts() -> None:
    op.add_column("attempts", sa.Column("setup_intent_id", sa.String(), nullable=True))
    op.add_column("attempts", sa.Column("about", sa.String(), server_default="", nullable=False))
    for name in ("instalment_id", "method_id", "consent_id"):
        op.add_column("attempts", sa.Column(name, sa.BigInteger(), nullable=True))
    op.create_unique_constraint(
        op.f("uq_attempts_customer_id_setup_intent_id"), "attempts", ["customer_id", "setup_intent_id"]
    )
    for name, table in (("method_id", "saved_methods"), ("consent_id", "consents")):
        op.create_foreign_key(
            op.f(f"fk_attempts_customer_id_{name}"), "attempts", table, ["customer_id", name], ["customer_id", "id"]
        )
    op.create_index(
        "uq_attempts_instalment",
        "attempts",
        ["customer_id", "instalment_id"],
        unique=True,
        postgresql_where="instalment_id is not null and state not in ('failed', 'canceled', 'expired')",
    )
