"""Runs the migrations on the connection that `flask upgrade` hands over."""

from alembic import context

from models.database import Base

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
