"""Autopay: what was agreed for invoices to come, and what of them is announced and charged."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('autopays',
    sa.Column('customer_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=False),
    sa.Column('method_id', sa.BigInteger(), nullable=False),
    sa.Column('limit_minor', sa.BigInteger(), nullable=False),
    sa.Column('notice_days', sa.BigInteger(), nullable=False),
    sa.Column('entered_up_to', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Enum('on', 'off', name='autopaystate', native_enum=False, length=32), nullable=False),
    sa.Column('on_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('off_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('off_why', sa.Enum('paid', 'held', 'limit', 'amount', 'method', 'declined', 'not_confirmed', 'off', name='why', native_enum=False, length=32), nullable=True),
    sa.CheckConstraint('limit_minor > 0 and notice_days > 0', name=op.f('ck_autopays_limit_and_notice_positive')),
    sa.ForeignKeyConstraint(['customer_id', 'method_id'], ['saved_methods.customer_id', 'saved_methods.id'], name=op.f('fk_autopays_customer_id_method_id')),
    sa.PrimaryKeyConstraint('customer_id', 'id', name=op.f('pk_autopays'))
    )
    op.create_index('uq_autopays_on', 'autopays', ['customer_id', 'currency'], unique=True, postgresql_where="state = 'on'")
    op.create_table('autopay_charges',
    sa.Column('customer_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('autopay_id', sa.BigInteger(), nullable=False),
    sa.Column('entry_id', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('charge_on', sa.Date(), nullable=True),
    sa.Column('state', sa.Enum('planned', 'charging', 'paid', 'failed', 'cancelled', 'left_out', name='chargestate', native_enum=False, length=32), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('tries', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('next_try_on', sa.Date(), nullable=True),
    sa.Column('waits_until', sa.Date(), nullable=True),
    sa.Column('attempt_id', sa.Uuid(), nullable=True),
    sa.Column('decline_code', sa.String(), server_default='', nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_why', sa.Enum('paid', 'held', 'limit', 'amount', 'method', 'declined', 'not_confirmed', 'off', name='why', native_enum=False, length=32), nullable=True),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_autopay_charges_amount_positive')),
    sa.ForeignKeyConstraint(['customer_id', 'attempt_id'], ['attempts.customer_id', 'attempts.id'], name=op.f('fk_autopay_charges_customer_id_attempt_id')),
    sa.ForeignKeyConstraint(['customer_id', 'autopay_id'], ['autopays.customer_id', 'autopays.id'], name=op.f('fk_autopay_charges_customer_id_autopay_id')),
    sa.ForeignKeyConstraint(['customer_id', 'entry_id'], ['entries.customer_id', 'entries.id'], name=op.f('fk_autopay_charges_customer_id_entry_id')),
    sa.PrimaryKeyConstraint('customer_id', 'id', name=op.f('pk_autopay_charges'))
    )
    op.create_index('ix_autopay_charges_entry', 'autopay_charges', ['customer_id', 'entry_id'], unique=False)
    op.create_index('ix_autopay_charges_living', 'autopay_charges', ['next_try_on'], unique=False, postgresql_where="state in ('planned', 'charging')")
    op.create_index('uq_autopay_charges_living', 'autopay_charges', ['customer_id', 'entry_id'], unique=True, postgresql_where="state in ('planned', 'charging')")
