"""The source keeps the rules for statements (Citus, isolation); each rule is shown a source that breaks it.

What is put together at run time is checked by tests.support.statements, as it is sent.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from infra.database import Database
from tests.support.statements import RuleBroken, broken_rule, forbidden, tables_named, tenant_tables

ROOT = Path(__file__).parents[2]
FOLDERS = ("infra", "projections", "services", "tenants")
MIGRATIONS = ROOT / "infra" / "migrations"

# What the scheduler reads of all organizations at once, without locks.
ACROSS = {"tenant_head", "progress", "projection_route"}
_STATEMENT = re.compile(r"\b(SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|WITH)\b")


def _sources() -> list[Path]:
    return [
        file
        for folder in FOLDERS
        for file in sorted((ROOT / folder).rglob("*.py"))
        if MIGRATIONS not in file.parents and "embedded" not in file.parts
    ]


def _texts(source: str) -> Iterator[str]:
    """Every text of a module but its docstrings, pieces that are added or formatted put together."""
    tree = ast.parse(source)
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr):
                inside.add(id(first.value))
        if id(node) in inside:
            continue
        text = _text(node)
        if text:
            inside.update(id(each) for each in ast.walk(node))
            yield text


def _text(node: ast.AST) -> str:
    match node:
        case ast.Constant(str(value)):
            return value
        case ast.JoinedStr(values):
            return "".join(map(_text, values))
        case ast.FormattedValue(ast.Name("SCHEMA")):
            return "steelyard"
        case ast.FormattedValue():
            return " … "
        case ast.BinOp(left, ast.Add(), right):
            return _text(left) + " " + _text(right)
    return ""


def _faults(source: str) -> set[str]:
    found = set()
    for text in _texts(source):
        why = forbidden(text)
        if why:
            found.add(why)
        across = tables_named(text) <= ACROSS and not re.search(r"\b(UPDATE|DELETE|INSERT|SHARE)\b", text)
        if tables_named(text) & tenant_tables() and _STATEMENT.search(text) and "tenant_id" not in text and not across:
            found.add("a table of organizations without tenant_id")
        if re.search(r"\bSET\s+(LOCAL|SESSION)\s+app\.", text, re.IGNORECASE):
            found.add("sets the tenant")
        if re.search(r"\bconstraint_name\b", text):
            found.add("depends on the name of a constraint")
    names = {ast.unparse(node.func) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)}
    names |= {node.attr for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    if names & {"psycopg.connect", "create_engine", "sqlalchemy.create_engine"}:
        found.add("opens connections")
    if names & {"constraint_name", "diag"}:
        found.add("depends on the name of a constraint")
    if names & {"commit", "rollback"}:
        found.add("ends a transaction")
    return found


ALLOWED = {
    "infra/database.py": {"sets the tenant", "opens connections", "ends a transaction"},
    # A backup and a restore are of all organizations, by the owner, whom no policy binds.
    "infra/backup/owner.py": {"opens connections"},
}


@pytest.mark.parametrize("file", _sources(), ids=lambda file: str(file.relative_to(ROOT)))
def test_the_source_keeps_the_rules(file: Path) -> None:
    assert _faults(file.read_text()) == ALLOWED.get(str(file.relative_to(ROOT)), set())


BROKEN = {
    "x = 'SELECT 1 FROM steelyard.event WHERE position = 1'": "a table of organizations without tenant_id",
    "x = 'SELECT position FROM steelyard.tenant_head FOR UPDATE'": "a table of organizations without tenant_id",
    "x = 'UPDATE steelyard.tenant_head ' + 'SET position = 1'": "a table of organizations without tenant_id",
    "x = f'DELETE FROM {SCHEMA}.command WHERE {y}'": "a table of organizations without tenant_id",
    "x = \"SELECT set_config('app.tenant_id', %s, true)\"": "set_config() does not reach the workers",
    "x = f\"SET LOCAL app.tenant_id = '{t}'\"": "sets the tenant",
    "x = 'SET app.tenant_id = 1'": "the tenant is set for one transaction",
    "x = 'SET LOCAL a = 1; SELECT 1'": "SET LOCAL stands alone in its call",
    "x = 'SELECT pg_advisory_xact_lock(1)'": "advisory locks hold on one node only",
    "x = 'UPDATE t SET a = clock_timestamp() WHERE tenant_id = 1'": "no volatile functions in UPDATE, DELETE",
    "x = 'UPDATE t SET a = gen_random_uuid() WHERE tenant_id = 1'": "no volatile functions in UPDATE, DELETE",
    "x = 'INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET a = now()'": "DO UPDATE takes only excluded.*",
    "x = 'INSERT INTO t (a) VALUES (1) RETURNING now()'": "no now() in RETURNING",
    "x = 'MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE'": "MERGE is refused",
    "x = 'COPY steelyard.event (a) FROM STDIN'": "COPY FROM is refused under row-level security",
    "x = 'NOTIFY news'": "notifications stay on one node",
    "x = 'UPDATE t SET tenant_id = 2 WHERE tenant_id = 1'": "tenant_id never changes",
    "x = 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE'": "READ COMMITTED only",
    "x = error.orig.diag.constraint_name": "depends on the name of a constraint",
    "x = psycopg.connect(y)": "opens connections",
    "x = create_engine(y)": "opens connections",
    "connection.commit()": "ends a transaction",
}


@pytest.mark.parametrize("source", BROKEN)
def test_a_source_that_breaks_a_rule_is_found(source: str) -> None:
    assert BROKEN[source] in _faults(source)


def test_docstrings_are_no_statements() -> None:
    assert (
        _faults('"""UPDATE steelyard.event SET position = 1"""\ndef f():\n    "SELECT pg_advisory_lock(1)"\n') == set()
    )


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT tenant_id FROM steelyard.event",
        "SELECT * FROM steelyard.event WHERE position = 1",
        "INSERT INTO steelyard.command (key) VALUES ('x')",
        "DELETE FROM steelyard.command",
        'UPDATE "steelyard"."command" SET answer = NULL'.replace('"', ""),
    ],
)
def test_a_statement_that_binds_no_tenant_is_refused_as_it_is_sent(
    database: Database, tenant: UUID, statement: str
) -> None:
    with pytest.raises(RuleBroken), database.transaction(tenant) as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "SELECT * FROM steelyard.event WHERE tenant_id = %(tenant)s",
        "INSERT INTO steelyard.command (tenant_id, key) VALUES (%s, %s)"
        " ON CONFLICT (tenant_id) DO UPDATE SET key = excluded.key",
        "SET LOCAL app.tenant_id = '00000000-0000-0000-0000-000000000001'",
        "UPDATE steelyard.tenant_head SET position = 1 WHERE tenant_id = %s AND position = (SELECT 1 WHERE true)",
        "SELECT * FROM steelyard.organization",
    ],
)
def test_other_statements_pass(statement: str) -> None:
    assert broken_rule(statement) is None


# --- revisions -----------------------------------------------------------------------------------------------------

_REVISION_RULES = {
    r"\bADD\s+COLUMN\b.*\b(SERIAL|BIGSERIAL|IDENTITY)\b": "identity and serial cannot be added later",
    r"\bADD\s+COLUMN\b[^,;]*\b(CHECK|UNIQUE|REFERENCES|PRIMARY\s+KEY)\b": "a constraint is an action of its own",
    r"\bRENAME\s+CONSTRAINT\b": "constraints cannot be renamed",
    r"\bSET\s+(STORAGE|STATISTICS)\b": "not supported",
    r"\bALTER\s+TABLE\b[^;]*,\s*(ADD|DROP|ALTER)\b": "one action a statement",
    r"\bFORCE\s+ROW\s+LEVEL\b": "ENABLE, never FORCE",
    r"\bGRANT\s+ALL\b": "privileges are named",
    r"\bCREATE\s+(OR\s+REPLACE\s+)?(TRIGGER|RULE)\b": "no triggers, no rules",
    r";\s*\S": "one statement a call",
}


def _revision_faults(source: str) -> set[str]:
    return {
        why
        for text in _texts(source)
        for pattern, why in _REVISION_RULES.items()
        if re.search(pattern, text, re.IGNORECASE | re.DOTALL)
    }


@pytest.mark.parametrize("file", sorted((MIGRATIONS / "versions").glob("0*.py")), ids=lambda file: file.stem)
def test_a_revision_keeps_the_rules(file: Path) -> None:
    assert _revision_faults(file.read_text()) == set()


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE t ADD COLUMN n bigserial",
        "ALTER TABLE t ADD COLUMN n int CHECK (n > 0)",
        "ALTER TABLE t RENAME CONSTRAINT a TO b",
        "ALTER TABLE t ALTER n SET STORAGE EXTERNAL",
        "ALTER TABLE t ADD COLUMN a int, ADD COLUMN b int",
        "ALTER TABLE t FORCE ROW LEVEL SECURITY",
        "GRANT ALL ON t TO steelyard_app",
        "CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE TABLE t (n int); CREATE TABLE u (n int)",
    ],
)
def test_a_revision_that_breaks_a_rule_is_found(statement: str) -> None:
    assert len(_revision_faults(f"op.execute({statement!r})")) == 1


def test_every_revision_starts_by_keeping_to_one_connection_per_node() -> None:
    assert "SET LOCAL citus.multi_shard_modify_mode = 'sequential'" in (MIGRATIONS / "env.py").read_text()
