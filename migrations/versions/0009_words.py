"""Templates, their versions and texts; sequences, their versions and steps; the law firm that writes for us."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("company", sa.Column("law_firm", sa.String(), server_default="", nullable=False))
    op.create_table(
        "templates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("tone", sa.String(32), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_templates")),
        sa.UniqueConstraint("key", name=op.f("uq_templates_key")),
    )
    op.create_table(
        "template_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=False),
        *_review(),
        sa.ForeignKeyConstraint(["template_id"], ["templates.id"], name=op.f("fk_template_versions_template_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_versions")),
        sa.UniqueConstraint("template_id", "number", name=op.f("uq_template_versions_template_id_number")),
    )
    _one_at_a_time("uq_template_versions_undecided", "template_versions", "template_id", "in ('draft', 'in_review')")
    _one_at_a_time("uq_template_versions_live", "template_versions", "template_id", "= 'approved'")
    op.create_table(
        "template_texts",
        sa.Column("version_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("button", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["template_versions.id"], name=op.f("fk_template_texts_version_id")),
        sa.PrimaryKeyConstraint("version_id", "language", name=op.f("pk_template_texts")),
    )
    op.create_table(
        "sequences",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=True),
        sa.Column("country", sa.String(), server_default="", nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sequences")),
        sa.UniqueConstraint("name", name=op.f("uq_sequences_name")),
        sa.UniqueConstraint(
            "kind", "country", name=op.f("uq_sequences_kind_country"), postgresql_nulls_not_distinct=True
        ),
    )
    op.create_table(
        "sequence_versions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sequence_id", sa.BigInteger(), nullable=False),
        sa.Column("published_by", sa.BigInteger(), nullable=True),
        *_review(),
        sa.ForeignKeyConstraint(["sequence_id"], ["sequences.id"], name=op.f("fk_sequence_versions_sequence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sequence_versions")),
        sa.UniqueConstraint("sequence_id", "number", name=op.f("uq_sequence_versions_sequence_id_number")),
    )
    worked_on = "in ('draft', 'in_review', 'approved')"
    _one_at_a_time("uq_sequence_versions_worked_on", "sequence_versions", "sequence_id", worked_on)
    _one_at_a_time("uq_sequence_versions_live", "sequence_versions", "sequence_id", "= 'published'")
    op.create_table(
        "sequence_steps",
        sa.Column("version_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=True),
        sa.Column("tone", sa.String(32), nullable=False),
        sa.Column("signer", sa.String(32), nullable=False),
        sa.Column("smallest_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("most_times", sa.BigInteger(), server_default="1", nullable=False),
        sa.Column("repeat_days", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("pay_by_days", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["template_id"], ["templates.id"], name=op.f("fk_sequence_steps_template_id")),
        sa.ForeignKeyConstraint(["version_id"], ["sequence_versions.id"], name=op.f("fk_sequence_steps_version_id")),
        sa.PrimaryKeyConstraint("version_id", "id", name=op.f("pk_sequence_steps")),
        sa.UniqueConstraint("version_id", "position", name=op.f("uq_sequence_steps_version_id_position")),
    )


def _review() -> list[sa.Column]:
    """What every version has that goes through review."""
    return [
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("writers", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("comment", sa.String(), server_default="", nullable=False),
        sa.Column("live_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
    ]


def _one_at_a_time(name: str, table: str, column: str, states: str) -> None:
    op.create_index(name, table, [column], unique=True, postgresql_where=f"state {states}")
