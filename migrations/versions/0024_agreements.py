"""What is signed: texts and PDFs with their hashes, who signed them, when and from where."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('agreements',
    sa.Column('customer_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('about', sa.String(), nullable=False),
    sa.Column('contact_id', sa.BigInteger(), nullable=True),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('language', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('binding_language', sa.String(), nullable=False),
    sa.Column('binding_text', sa.String(), server_default='', nullable=False),
    sa.Column('text_sha256', sa.String(), nullable=False),
    sa.Column('pdf', sa.LargeBinary(), nullable=False),
    sa.Column('pdf_sha256', sa.String(), nullable=False),
    sa.Column('made_from', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Enum('offered', 'signed', 'declined', 'withdrawn', name='agreementstate', native_enum=False, length=32), nullable=False),
    sa.Column('offered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('typed_name', sa.String(), server_default='', nullable=False),
    sa.Column('signed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('address', sa.String(), server_default='', nullable=False),
    sa.Column('browser', sa.String(), server_default='', nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('customer_id', 'id', name=op.f('pk_agreements'))
    )
    op.create_index('ix_agreements_about', 'agreements', ['customer_id', 'about'])
    op.create_index('uq_agreements_offered', 'agreements', ['customer_id', 'about'], unique=True, postgresql_where="state = 'offered'")

