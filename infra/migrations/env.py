"""Run by Alembic: the revisions run on the connection that run.py hands over, in one transaction."""

from alembic import context

from infra.database import SCHEMA

connection = context.config.attributes["connection"]

context.configure(
    connection=connection,
    target_metadata=None,  # revisions are written by hand
    version_table_schema=SCHEMA,
    transaction_per_migration=False,
)
with context.begin_transaction():
    # On Citus, DDL after a read of a distributed table fails without it; plain PostgreSQL keeps it as a name.
    connection.exec_driver_sql("SET LOCAL citus.multi_shard_modify_mode = 'sequential'")
    context.run_migrations()
