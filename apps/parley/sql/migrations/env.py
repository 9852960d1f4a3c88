"""Alembic's entry: runs the migrations on the connection that `parley.sql.migrate` hands over."""

from alembic import context

from parley.sql.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
