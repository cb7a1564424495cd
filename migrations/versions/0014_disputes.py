"""Disputes: cases with their lines, threads, decisions and returns; departments, causes; whose case it is."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("files", "contact_id", existing_type=sa.BigInteger(), nullable=True)
    op.add_column("files", sa.Column("staff_id", sa.BigInteger(), nullable=True))
    op.add_column("files", sa.Column("purpose", sa.String(), server_default="", nullable=False))
    op.create_check_constraint(op.f("ck_files_one_giver"), "files", "(contact_id is null) <> (staff_id is null)")
    op.execute("update files set purpose = 'claim' where about = ''")
    for name in ("product", "supplier", "site"):
        op.add_column("invoice_lines", sa.Column(name, sa.String(), server_default="", nullable=False))
    _departments()
    _causes()
    _disputes()
    _dispute_lines()
    _dispute_decisions()
    _dispute_decision_lines()
    _dispute_messages()
    _dispute_notes()
    _dispute_questions()
    _goods_returns()
    _assignment_rules()
    _absences()
    _dispute_drafts()


def _departments() -> None:
    op.create_table(
        "departments",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), server_default="", nullable=False),
        sa.Column("head_id", sa.BigInteger(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_departments")),
        sa.UniqueConstraint("name", name=op.f("uq_departments_name")),
    )


def _causes() -> None:
    op.create_table(
        "causes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default="true", nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name=op.f("fk_causes_department_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_causes")),
    )
    op.create_index("uq_causes_name", "causes", ["department_id", "process", "name"], unique=True)


def _disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("claimed_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "price",
                "quantity",
                "damaged",
                "defective",
                "wrong_item",
                "not_received",
                "late",
                "returned",
                "duplicate",
                "service",
                "other",
                name="reason",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "wanted",
            sa.Enum(
                "credit", "replacement", "repair", "return", "explanation", name="remedy", native_enum=False, length=32
            ),
            nullable=False,
        ),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "looking",
                "waiting_customer",
                "waiting_department",
                "decided",
                "closed",
                "withdrawn",
                name="disputestate",
                native_enum=False,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("warn_on", sa.Date(), nullable=False),
        sa.Column("answer_on", sa.Date(), nullable=False),
        sa.Column("waits_until", sa.Date(), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("escalated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("resume_on", sa.Date(), nullable=True),
        sa.Column("appealed_on", sa.Date(), nullable=True),
        sa.Column(
            "credit_wish",
            sa.Enum("refund", "keep", name="creditwish", native_enum=False, length=32),
            nullable=True,
        ),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("end_reason", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("claimed_minor > 0", name=op.f("ck_disputes_claimed_positive")),
        sa.ForeignKeyConstraint(
            ["customer_id", "entry_id"],
            ["entries.customer_id", "entries.id"],
            name=op.f("fk_disputes_customer_id_entry_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_disputes")),
    )
    op.create_index("ix_disputes_entry", "disputes", ["customer_id", "entry_id"])
    op.create_index("ix_disputes_id", "disputes", ["id"])
    op.create_index(
        "ix_disputes_living",
        "disputes",
        ["answer_on", "id"],
        postgresql_where=sa.text("state not in ('closed', 'withdrawn')"),
    )


def _dispute_lines() -> None:
    op.create_table(
        "dispute_lines",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("invoice_line_id", sa.BigInteger(), nullable=True),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("claimed_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("claimed_minor > 0", name=op.f("ck_dispute_lines_claimed_positive")),
        sa.ForeignKeyConstraint(
            ["customer_id", "dispute_id"],
            ["disputes.customer_id", "disputes.id"],
            name=op.f("fk_dispute_lines_customer_id_dispute_id"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "invoice_line_id"],
            ["invoice_lines.customer_id", "invoice_lines.id"],
            name=op.f("fk_dispute_lines_customer_id_invoice_line_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "dispute_id", "position", name=op.f("pk_dispute_lines")),
    )
    op.create_index("ix_dispute_lines_line", "dispute_lines", ["customer_id", "invoice_line_id"])


def _dispute_decisions() -> None:
    op.create_table(
        "dispute_decisions",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("upheld", "in_part", "refused", name="outcome", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("waiting", "final", "dropped", name="decisionstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("credited_minor", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column(
            "remedy",
            sa.Enum(
                "credit", "replacement", "repair", "return", "explanation", name="remedy", native_enum=False, length=32
            ),
            nullable=True,
        ),
        sa.Column("remedy_on", sa.Date(), nullable=True),
        sa.Column("cause_id", sa.BigInteger(), nullable=True),
        sa.Column("other_cause", sa.String(), server_default="", nullable=False),
        sa.Column("resume_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(cause_id is null) = (other_cause <> '')", name=op.f("ck_dispute_decisions_one_cause")),
        sa.CheckConstraint("credited_minor >= 0", name=op.f("ck_dispute_decisions_credited_not_negative")),
        sa.ForeignKeyConstraint(
            ["customer_id", "dispute_id"],
            ["disputes.customer_id", "disputes.id"],
            name=op.f("fk_dispute_decisions_customer_id_dispute_id"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "entry_id"],
            ["entries.customer_id", "entries.id"],
            name=op.f("fk_dispute_decisions_customer_id_entry_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_dispute_decisions")),
    )
    op.create_index("ix_dispute_decisions_dispute", "dispute_decisions", ["customer_id", "dispute_id"])
    op.create_index(
        "uq_dispute_decisions_waiting",
        "dispute_decisions",
        ["customer_id", "dispute_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _dispute_decision_lines() -> None:
    op.create_table(
        "dispute_decision_lines",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decision_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("credited_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("credited_minor > 0", name=op.f("ck_dispute_decision_lines_credited_positive")),
        sa.ForeignKeyConstraint(
            ["customer_id", "decision_id"],
            ["dispute_decisions.customer_id", "dispute_decisions.id"],
            name=op.f("fk_dispute_decision_lines_customer_id_decision_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "decision_id", "position", name=op.f("pk_dispute_decision_lines")),
    )


def _dispute_messages() -> None:
    op.create_table(
        "dispute_messages",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(contact_id is null) <> (staff_id is null)", name=op.f("ck_dispute_messages_one_author")),
        sa.ForeignKeyConstraint(
            ["customer_id", "dispute_id"],
            ["disputes.customer_id", "disputes.id"],
            name=op.f("fk_dispute_messages_customer_id_dispute_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_dispute_messages")),
    )
    op.create_index("ix_dispute_messages_dispute", "dispute_messages", ["customer_id", "dispute_id"])


def _dispute_notes() -> None:
    op.create_table(
        "dispute_notes",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "dispute_id"],
            ["disputes.customer_id", "disputes.id"],
            name=op.f("fk_dispute_notes_customer_id_dispute_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_dispute_notes")),
    )
    op.create_index("ix_dispute_notes_dispute", "dispute_notes", ["customer_id", "dispute_id"])


def _dispute_questions() -> None:
    op.create_table(
        "dispute_questions",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.String(), server_default="", nullable=False),
        sa.Column("answer", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id", "dispute_id"],
            ["disputes.customer_id", "disputes.id"],
            name=op.f("fk_dispute_questions_customer_id_dispute_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_dispute_questions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_dispute_questions_token_hash")),
    )
    op.create_index("ix_dispute_questions_dispute", "dispute_questions", ["customer_id", "dispute_id"])
    op.create_index(
        "ix_dispute_questions_open", "dispute_questions", ["due_on"], postgresql_where="answered_at is null"
    )


def _goods_returns() -> None:
    op.create_table(
        "goods_returns",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dispute_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("offered", "received", "cancelled", name="returnstate", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("condition", sa.String(), server_default="", nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("credit_minor", sa.BigInteger(), nullable=False),
        sa.Column("offered_by", sa.BigInteger(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("received_condition", sa.String(), server_default="", nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("credit_minor > 0", name=op.f("ck_goods_returns_credit_positive")),
        sa.ForeignKeyConstraint(
            ["customer_id", "dispute_id"],
            ["disputes.customer_id", "disputes.id"],
            name=op.f("fk_goods_returns_customer_id_dispute_id"),
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "entry_id"],
            ["entries.customer_id", "entries.id"],
            name=op.f("fk_goods_returns_customer_id_entry_id"),
        ),
        sa.PrimaryKeyConstraint("customer_id", "id", name=op.f("pk_goods_returns")),
    )
    op.create_index("ix_goods_returns_dispute", "goods_returns", ["customer_id", "dispute_id"])


def _assignment_rules() -> None:
    op.create_table(
        "assignment_rules",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "price",
                "quantity",
                "damaged",
                "defective",
                "wrong_item",
                "not_received",
                "late",
                "returned",
                "duplicate",
                "service",
                "other",
                name="reason",
                native_enum=False,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("product", sa.String(), server_default="", nullable=False),
        sa.Column("language", sa.String(), server_default="", nullable=False),
        sa.Column("least_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["departments.id"], name=op.f("fk_assignment_rules_department_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_assignment_rules_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_rules")),
    )


def _absences() -> None:
    op.create_table(
        "absences",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_absences_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )


def _dispute_drafts() -> None:
    op.create_table(
        "dispute_drafts",
        sa.Column("customer_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "contact_id", "entry_id", name=op.f("pk_dispute_drafts")),
    )
