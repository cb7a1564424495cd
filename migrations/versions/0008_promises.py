"""What a customer says and what staff place: promises, claims, pauses, opt-outs; what a contact prefers."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _promises()
    _claims()
    _pauses()
    _preferences()


def _promises() -> None:
    states = sa.Enum(
        *("open", "kept", "broken", "withdrawn"), name="promisestate", native_enum=False, length=32
    )
    op.create_table(
        "promises",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("pay_on", sa.Date(), nullable=False),
        sa.Column("answer_on", sa.Date(), nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("moves", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_promises_amount_positive")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_promises")),
    )
    op.create_index(
        "ix_promises_open", "promises", ["customer_id", "id"], postgresql_where=sa.text("state = 'open'")
    )
    op.create_table(
        "promise_lines",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("promise_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_promise_lines_amount_positive")),
        sa.ForeignKeyConstraint(
            ["customer_id", "entry_id"],
            ["entries.customer_id", "entries.id"],
            name=op.f("fk_promise_lines_customer_id_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "promise_id"],
            ["promises.customer_id", "promises.id"],
            name=op.f("fk_promise_lines_customer_id_promise_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "promise_id", "entry_id", name=op.f("pk_promise_lines")),
    )
    op.create_index("ix_promise_lines_entry", "promise_lines", ["customer_id", "entry_id"])


def _claims() -> None:
    kinds = sa.Enum("already_paid", "not_ours", name="claimkind", native_enum=False, length=32)
    states = sa.Enum("open", "settled", "lapsed", "closed", name="claimstate", native_enum=False, length=32)
    op.create_table(
        "claims",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("state", states, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("how", sa.String(), server_default="", nullable=False),
        sa.Column("payer", sa.String(), server_default="", nullable=False),
        sa.Column("why", sa.String(), server_default="", nullable=False),
        sa.Column("text", sa.String(), server_default="", nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=True),
        sa.Column("receipt_customer_id", sa.BigInteger(), nullable=True),
        sa.Column("receipt_id", sa.BigInteger(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_claims_amount_positive")),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_claims")),
    )
    op.create_index("ix_claims_open", "claims", ["customer_id", "id"], postgresql_where=sa.text("state = 'open'"))
    op.create_table(
        "claim_lines",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("claim_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_claim_lines_amount_positive")),
        sa.ForeignKeyConstraint(
            ["customer_id", "claim_id"],
            ["claims.customer_id", "claims.id"],
            name=op.f("fk_claim_lines_customer_id_claim_id"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "entry_id"],
            ["entries.customer_id", "entries.id"],
            name=op.f("fk_claim_lines_customer_id_entry_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "claim_id", "entry_id", name=op.f("pk_claim_lines")),
    )
    op.create_index("ix_claim_lines_entry", "claim_lines", ["customer_id", "entry_id"])


def _pauses() -> None:
    kinds = sa.Enum(
        *("in_flight", "promise", "already_paid", "not_ours", "pause", "hardship", "breathing_space"),
        *("cease_contact", "wrong_address", "legal_representative"),
        name="holdkind",
        native_enum=False,
        length=32,
    )
    op.create_table(
        "pauses",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", kinds, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("representative", sa.String(), server_default="", nullable=False),
        sa.Column("crisis", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.Column("end_reason", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "entry_id"], ["entries.customer_id", "entries.id"], name=op.f("fk_pauses_customer_id_entry_id")
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_pauses")),
    )
    op.create_index("ix_pauses_living", "pauses", ["customer_id"], postgresql_where=sa.text("ended_at is null"))


def _preferences() -> None:
    channels = sa.Enum("mail", "letter", name="channel", native_enum=False, length=32)
    op.add_column("contacts", sa.Column("calendar", sa.String(), server_default="", nullable=False))
    op.add_column("contacts", sa.Column("channel", channels, server_default="mail", nullable=False))
    op.add_column("contacts", sa.Column("quiet_from", sa.BigInteger(), nullable=True))
    op.add_column("contacts", sa.Column("quiet_until", sa.BigInteger(), nullable=True))
    op.add_column("messages", sa.Column("unsubscribe", sa.String(), server_default="", nullable=False))
    hows = sa.Enum("page", "mail_program", "preferences", name="optedoutby", native_enum=False, length=32)
    op.create_table(
        "opt_outs",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("how", hows, nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id", "contact_id"],
            ["contacts.customer_id", "contacts.id"],
            name=op.f("fk_opt_outs_customer_id_contact_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_opt_outs")),
    )
    op.create_index(
        "uq_opt_outs_living",
        "opt_outs",
        ["customer_id", "contact_id"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "unsubscribe_tokens",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unsubscribe_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_unsubscribe_tokens_token_hash")),
    )
