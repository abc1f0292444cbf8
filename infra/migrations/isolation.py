"""What makes a table a tenant's table: row-level security, one policy, explicit grants. Used by every revision.

ENABLE and never FORCE (an online shard move on Citus loses rows of forced tables); nothing serves as the owner. The
policy has no sub-select, and the setting is '' and not NULL once a transaction that set it has ended.
"""

from alembic import op

from infra.database import SCHEMA

APP = "steelyard_app"
_OWN_ROWS = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"


def isolate(table: str, app: str = "SELECT, INSERT, UPDATE, DELETE", *, audited: bool = True) -> None:
    """The application reaches its tenant's rows of `table` alone, by the privileges named; auditors read all rows."""
    op.execute(f"ALTER TABLE {SCHEMA}.{table} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY {table}_tenant ON {SCHEMA}.{table} TO {APP} USING ({_OWN_ROWS}) WITH CHECK ({_OWN_ROWS})"
    )
    op.execute(f"GRANT {app} ON {SCHEMA}.{table} TO {APP}")
    if audited:
        let_read(table, "steelyard_auditor")


def let_read(table: str, role: str, columns: str = "") -> None:
    """`role` reads the rows of all tenants, of the columns named or all."""
    word = role.removeprefix("steelyard_")
    op.execute(f"CREATE POLICY {table}_{word} ON {SCHEMA}.{table} FOR SELECT TO {role} USING (true)")
    op.execute(f"GRANT SELECT {f'({columns})' if columns else ''} ON {SCHEMA}.{table} TO {role}")
