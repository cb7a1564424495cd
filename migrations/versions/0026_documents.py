"""Documents on file: what staff keep with an account, and how its signature stands."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('filed_documents',
    sa.Column('customer_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('kind', sa.Enum('contract', 'purchase_order', 'payment_terms', name='filedkind', native_enum=False, length=32), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('invoice_id', sa.BigInteger(), nullable=True),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('state', sa.Enum('on_file', 'waiting', 'signed', 'declined', 'withdrawn', 'lapsed', 'removed', name='filedstate', native_enum=False, length=32), nullable=False),
    sa.Column('staff_id', sa.BigInteger(), nullable=False),
    sa.Column('filed_on', sa.Date(), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=True),
    sa.Column('agreement_id', sa.BigInteger(), nullable=True),
    sa.Column('sent_on', sa.Date(), nullable=True),
    sa.Column('sign_until', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('reason', sa.String(), server_default='', nullable=False),
    sa.Column('certificate', sa.LargeBinary(), nullable=True),
    sa.Column('certificate_sha256', sa.String(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['customer_id', 'invoice_id'], ['invoices.customer_id', 'invoices.id'], name=op.f('fk_filed_documents_customer_id_invoice_id')),
    sa.PrimaryKeyConstraint('customer_id', 'id', name=op.f('pk_filed_documents'))
    )
    op.create_index('ix_filed_documents_waiting', 'filed_documents', ['sign_until'], postgresql_where="state = 'waiting'")
