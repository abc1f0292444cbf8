"""The migrated schema keeps the rules that let it run on Citus; spoilt copies show that each rule is looked at."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import psycopg
import pytest

from infra.migrations import run
from tests.support.database import TestDatabase

CHECK = (Path(__file__).parent / "citus_check.sql").read_text()
T = "steelyard.command"

# What spoils the schema -> the violation that must be named.
SPOILT = {
    f"ALTER TABLE {T} DROP CONSTRAINT command_pkey; ALTER TABLE {T} ALTER tenant_id DROP NOT NULL": (
        "tenant_id is not a plain uuid NOT NULL"
    ),
    "CREATE TABLE steelyard.x (tenant_id text NOT NULL)": "tenant_id is not a plain uuid NOT NULL",
    "CREATE TABLE steelyard.y (z int)": "no primary key",
    f"ALTER TABLE {T} ADD CONSTRAINT command_key UNIQUE (key)": "unique without tenant_id",
    f"CREATE UNIQUE INDEX x ON {T} (key) INCLUDE (tenant_id)": "unique without tenant_id",
    f"CREATE UNIQUE INDEX x ON {T} (key) WHERE answer IS NULL": "unique without tenant_id",
    f"CREATE INDEX x ON {T} (created_at)": "index does not begin with tenant_id",
    f"CREATE INDEX x ON {T} (lower(key), tenant_id)": "index does not begin with tenant_id",
    f"ALTER TABLE {T} ADD CONSTRAINT x EXCLUDE USING gist (int8range(first_position, last_position) WITH &&)": (
        "exclusion without tenant_id WITH ="
    ),
    "ALTER TABLE steelyard.tenant_head ADD CONSTRAINT p UNIQUE (position);"
    f" ALTER TABLE {T} ADD CONSTRAINT x FOREIGN KEY (first_position) REFERENCES steelyard.tenant_head (position)": (
        "foreign key does not pair tenant_id"
    ),
    f"ALTER TABLE {T} ADD CONSTRAINT x FOREIGN KEY (tenant_id) REFERENCES steelyard.organization": (
        "foreign key to a table that is none of organizations"
    ),
    f"ALTER TABLE {T} ADD CONSTRAINT x FOREIGN KEY (tenant_id) REFERENCES steelyard.tenant_head ON DELETE SET NULL": (
        "foreign key sets null or default, or follows an update"
    ),
    f"ALTER TABLE {T} ADD CONSTRAINT x FOREIGN KEY (tenant_id) REFERENCES steelyard.tenant_head ON UPDATE CASCADE": (
        "foreign key sets null or default, or follows an update"
    ),
    "CREATE FUNCTION steelyard.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
    f" CREATE TRIGGER x BEFORE UPDATE ON {T} FOR EACH ROW EXECUTE FUNCTION steelyard.f()": "trigger",
    f"CREATE RULE x AS ON DELETE TO {T} DO INSTEAD NOTHING": "rule",
    f"CREATE TABLE steelyard.x () INHERITS ({T})": "inheritance",
    "CREATE TABLE steelyard.x (tenant_id uuid NOT NULL, n int, PRIMARY KEY (tenant_id, n)) PARTITION BY RANGE (n);"
    " CREATE TABLE steelyard.x1 PARTITION OF steelyard.x DEFAULT PARTITION BY HASH (n)": "sub-partitions",
    f"ALTER TABLE {T} ADD COLUMN n bigint GENERATED ALWAYS AS IDENTITY": "identity or sequence",
    f"ALTER TABLE {T} ADD COLUMN n bigserial": "identity or sequence",
    f"ALTER TABLE {T} DISABLE ROW LEVEL SECURITY": "row-level security off",
    "CREATE TABLE steelyard.x (tenant_id uuid NOT NULL, n int, PRIMARY KEY (tenant_id, n)) PARTITION BY RANGE (n);"
    " ALTER TABLE steelyard.x ENABLE ROW LEVEL SECURITY;"
    " CREATE TABLE steelyard.x1 PARTITION OF steelyard.x DEFAULT": "row-level security off",
    f"ALTER TABLE {T} FORCE ROW LEVEL SECURITY": "row-level security forced",
    f"DROP POLICY command_tenant ON {T}": "no policy with USING and WITH CHECK",
    f"CREATE POLICY x ON {T} USING (tenant_id = (SELECT current_setting('app.tenant_id')::uuid))": (
        "policy with a sub-select"
    ),
    f"ALTER TABLE {T} OWNER TO steelyard_migrator": "owner can log in",
    f"ALTER TABLE {T} OWNER TO steelyard_signer": "more than one owner",
    "GRANT steelyard_owner TO steelyard_app": "a serving role is a member of the owner",
    "GRANT steelyard_owner TO steelyard_auditor": "a serving role is a member of the owner",
    "ALTER ROLE steelyard_app BYPASSRLS": "a role of ours is superuser or bypasses policies",
    "ALTER ROLE steelyard_scheduler SUPERUSER": "a role of ours is superuser or bypasses policies",
    "GRANT UPDATE ON steelyard.event TO steelyard_app": "the log can be changed",
    "GRANT UPDATE (body) ON steelyard.event TO steelyard_app": "the log can be changed",
    "GRANT DELETE ON steelyard.event TO steelyard_signer": "the log can be changed",
    f"GRANT TRUNCATE ON {T} TO steelyard_app": "TRUNCATE, REFERENCES or TRIGGER granted",
    f"GRANT ALL ON {T} TO steelyard_app": "TRUNCATE, REFERENCES or TRIGGER granted",
    f"GRANT SELECT ON {T} TO PUBLIC": "granted to everybody",
    f"ALTER TABLE {T} ADD CONSTRAINT {'x' * 51} CHECK (true)": "constraint named by more than 50 bytes",
    f"ALTER TABLE {T} ADD CHECK (key <> ''); ALTER TABLE {T} ADD CHECK (key <> 'x')": "constraint that nobody named",
    f"CREATE VIEW steelyard.x AS SELECT * FROM {T}": "view that does not ask as its reader",
    f"CREATE MATERIALIZED VIEW steelyard.x AS SELECT * FROM {T}": "materialized view",
    "CREATE FUNCTION steelyard.f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'": (
        "function that acts as its owner"
    ),
    "CREATE FUNCTION public.f(int) RETURNS int LANGUAGE sql LEAKPROOF AS 'SELECT 1'": "leakproof function",
}


@pytest.fixture(scope="module")
def superuser(module_database: TestDatabase) -> Iterator[psycopg.Connection]:
    with psycopg.connect(module_database.superuser_url) as connection:
        yield connection


@pytest.fixture(autouse=True)
def _undo(superuser: psycopg.Connection) -> Iterator[None]:
    """Whatever a test spoils is rolled back."""
    yield
    superuser.rollback()


def _violations(superuser: psycopg.Connection) -> set[tuple[str, str]]:
    return set(superuser.execute(CHECK.encode()).fetchall())


def test_the_migrated_schema_has_no_violation(superuser: psycopg.Connection) -> None:
    assert _violations(superuser) == set()


@pytest.mark.parametrize("spoiler", SPOILT)
def test_each_violation_is_named(superuser: psycopg.Connection, spoiler: str) -> None:
    superuser.execute(spoiler.encode())
    assert SPOILT[spoiler] in {violation for violation, _ in _violations(superuser)}


def test_every_kind_of_violation_was_provoked() -> None:
    named = {line.split("SELECT '", 1)[1].split("'")[0] for line in CHECK.splitlines() if "SELECT '" in line}
    assert named == set(SPOILT.values())


Declared = dict[str, set[str]]


def _declared() -> Declared:
    """The three sets of tables, as the revisions declare them."""
    sets: Declared = {"tenant_tables": set(), "reference_tables": set(), "local_tables": set()}
    for script in run.scripts().walk_revisions():
        for kind, names in sets.items():
            names.update(cast(tuple[str, ...], getattr(script.module, kind)))
    return sets


def _tables(superuser: psycopg.Connection, *, with_tenant: bool) -> set[str]:
    found = superuser.execute(
        "SELECT c.relname, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'steelyard' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
    )
    return {name for name, tenant in found if tenant is with_tenant}


def test_every_table_is_declared_as_one_of_three_kinds(superuser: psycopg.Connection) -> None:
    declared = _declared()
    assert _tables(superuser, with_tenant=True) == declared["tenant_tables"]
    assert _tables(superuser, with_tenant=False) == declared["reference_tables"] | declared["local_tables"]
    assert not declared["reference_tables"] & declared["local_tables"]


def test_an_undeclared_table_would_be_noticed(superuser: psycopg.Connection) -> None:
    superuser.execute("CREATE TABLE steelyard.forgotten (tenant_id uuid PRIMARY KEY)")
    assert _tables(superuser, with_tenant=True) - _declared()["tenant_tables"] == {"forgotten"}


def test_no_role_but_the_migrator_may_act_as_the_owner(superuser: psycopg.Connection) -> None:
    members = superuser.execute(
        "SELECT m.member::regrole::text FROM pg_auth_members m WHERE m.roleid = 'steelyard_owner'::regrole"
    )
    assert {name for (name,) in members} == {"steelyard_migrator"}


def test_what_each_role_may_do_with_the_log(superuser: psycopg.Connection) -> None:
    found = superuser.execute(
        "SELECT DISTINCT grantee, table_name, privilege_type FROM information_schema.table_privileges"
        " WHERE table_schema = 'steelyard' AND table_name IN ('event', 'data_key', 'tree_head')"
        " AND grantee <> 'steelyard_owner'"
    )
    assert {" ".join(map(str, row)) for row in found} == {
        "steelyard_app event SELECT",
        "steelyard_app event INSERT",
        "steelyard_app data_key SELECT",
        "steelyard_app data_key INSERT",
        "steelyard_app data_key DELETE",
        "steelyard_app tree_head SELECT",
        "steelyard_auditor event SELECT",
        "steelyard_auditor tree_head SELECT",
        "steelyard_signer tree_head SELECT",
        "steelyard_signer tree_head INSERT",
    }


def test_the_scheduler_sees_no_column_that_could_hold_content(superuser: psycopg.Connection) -> None:
    found = superuser.execute(
        "SELECT DISTINCT c.table_name, c.column_name FROM information_schema.columns c"
        " JOIN information_schema.column_privileges p USING (table_schema, table_name, column_name)"
        " WHERE c.table_schema = 'steelyard' AND p.grantee = 'steelyard_scheduler' AND c.data_type IN ('text', 'bytea')"
    )
    assert {f"{table}.{column}" for table, column in found} == {
        "progress.projection",
        "progress.status",
        "projection_route.projection",
        "tenant_head.status",
        "schedule.name",
    }
