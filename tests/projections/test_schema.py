"""The tables declared in projections are those that the migrations make."""

import pytest
from sqlalchemy import Table

from projections.catalog import external_id, value_in_force
from projections.reading_rows import reading
from projections.scores import score_table
from tests.support.database import TestDatabase

TABLES = (value_in_force, external_id, reading, score_table)
TYPES = {
    "uuid": "CHAR(32)",
    "int4": "INTEGER",
    "int8": "BIGINT",
    "text": "TEXT",
    "numeric": "NUMERIC",
    "bool": "BOOLEAN",
    "date": "DATE",
    "bytea": "BLOB",
    "timestamptz": "DATETIME",
}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_declared_table_is_as_migrated(module_database: TestDatabase, table: Table) -> None:
    columns = module_database.superuser(
        "SELECT column_name, udt_name, is_nullable, collation_name FROM information_schema.columns"
        " WHERE table_schema = 'steelyard' AND table_name = %s ORDER BY ordinal_position",
        (table.name,),
    )
    migrated = [(name, TYPES[str(kind)], nullable == "YES", collation) for name, kind, nullable, collation in columns]
    declared = [
        (column.name, _type(column.type), bool(column.nullable), getattr(column.type, "collation", None))
        for column in table.columns
    ]
    assert declared == [
        (name, kind if kind != "UUID" else "CHAR(32)", nullable, coll) for name, kind, nullable, coll in migrated
    ]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_declared_key_is_as_migrated(module_database: TestDatabase, table: Table) -> None:
    rows = module_database.superuser(
        "SELECT a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(number, place)"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number"
        " WHERE n.nspname = 'steelyard' AND c.relname = %s AND i.indisprimary ORDER BY k.place",
        (table.name,),
    )
    assert [row[0] for row in rows] == [column.name for column in table.primary_key.columns]
    assert [row[0] for row in rows][:2] == ["tenant_id", "generation"]


def _type(declared: object) -> str:
    return str(declared).partition(" COLLATE")[0]
