"""The log: heads, events, idempotency, progress of projections, keys of sealed text, checkpoints.

One action per statement, every constraint named in at most 50 bytes, every key led by tenant_id (Citus).
"""

from alembic import op

from infra.database import SCHEMA
from infra.migrations.isolation import isolate, let_read

revision = "0001_log"
down_revision = None

tenant_tables = (
    "tenant_head",
    "event",
    "command",
    "progress",
    "projection_route",
    "data_key",
    "tree_head",
    "tree_node",
)
reference_tables: tuple[str, ...] = ()
local_tables = ("alembic_version",)

_TABLES = (
    """tenant_head (
        tenant_id uuid NOT NULL,
        position bigint NOT NULL,
        recorded_at timestamptz NOT NULL,
        status text NOT NULL DEFAULT 'active',
        definition_position bigint NOT NULL DEFAULT 0,
        CONSTRAINT tenant_head_pkey PRIMARY KEY (tenant_id),
        CONSTRAINT tenant_head_position_check CHECK (position >= 0),
        CONSTRAINT tenant_head_definition_check CHECK (definition_position >= 0),
        CONSTRAINT tenant_head_status_check CHECK (status IN ('active', 'held'))
    ) WITH (fillfactor = 50)""",
    """event (
        tenant_id uuid NOT NULL,
        position bigint NOT NULL,
        stream text NOT NULL,
        version bigint NOT NULL,
        name text NOT NULL,
        schema integer NOT NULL,
        body bytea NOT NULL,
        metadata bytea NOT NULL,
        recorded_at timestamptz NOT NULL,
        fact boolean NOT NULL,
        leaf bytea NOT NULL,
        CONSTRAINT event_pkey PRIMARY KEY (tenant_id, position),
        CONSTRAINT event_version_key UNIQUE (tenant_id, stream, version),
        CONSTRAINT event_position_check CHECK (position >= 1),
        CONSTRAINT event_version_check CHECK (version >= 0),
        CONSTRAINT event_schema_check CHECK (schema >= 1),
        CONSTRAINT event_fact_check CHECK (NOT fact OR version = position),
        CONSTRAINT event_leaf_check CHECK (octet_length(leaf) = 32)
    )""",
    """command (
        tenant_id uuid NOT NULL,
        principal text NOT NULL,
        key text NOT NULL,
        fingerprint bytea NOT NULL,
        first_position bigint,
        last_position bigint,
        answer bytea,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT command_pkey PRIMARY KEY (tenant_id, principal, key)
    )""",
    """progress (
        tenant_id uuid NOT NULL,
        projection text NOT NULL,
        generation integer NOT NULL,
        position bigint NOT NULL,
        status text NOT NULL,
        error text,
        CONSTRAINT progress_pkey PRIMARY KEY (tenant_id, projection, generation),
        CONSTRAINT progress_position_check CHECK (position >= 0),
        CONSTRAINT progress_status_check CHECK (status IN ('running', 'parked', 'rebuilding', 'retired'))
    ) WITH (fillfactor = 50)""",
    """projection_route (
        tenant_id uuid NOT NULL,
        projection text NOT NULL,
        generation integer NOT NULL,
        CONSTRAINT projection_route_pkey PRIMARY KEY (tenant_id, projection)
    )""",
    """data_key (
        tenant_id uuid NOT NULL,
        key_id uuid NOT NULL,
        principal text NOT NULL,
        wrapped bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT data_key_pkey PRIMARY KEY (tenant_id, key_id),
        CONSTRAINT data_key_principal_key UNIQUE (tenant_id, principal)
    )""",
    """tree_head (
        tenant_id uuid NOT NULL,
        size bigint NOT NULL,
        root bytea NOT NULL,
        frontier bytea NOT NULL,
        checkpoint text NOT NULL,
        signed_at timestamptz NOT NULL,
        CONSTRAINT tree_head_pkey PRIMARY KEY (tenant_id, size),
        CONSTRAINT tree_head_root_check CHECK (octet_length(root) = 32)
    )""",
    """tree_node (
        tenant_id uuid NOT NULL,
        level smallint NOT NULL,
        index bigint NOT NULL,
        hash bytea NOT NULL,
        CONSTRAINT tree_node_pkey PRIMARY KEY (tenant_id, level, index),
        CONSTRAINT tree_node_hash_check CHECK (octet_length(hash) = 32)
    )""",
)

_APP_MAY = {
    "tenant_head": "SELECT, INSERT, UPDATE (position, recorded_at, status, definition_position)",
    "event": "SELECT, INSERT",
    "command": "SELECT, INSERT, DELETE, UPDATE (first_position, last_position, answer)",
    "progress": "SELECT, INSERT, UPDATE, DELETE",
    "projection_route": "SELECT, INSERT, UPDATE, DELETE",
    # Deleting a key erases what was sealed with it.
    "data_key": "SELECT, INSERT, DELETE",
    # Written by the signer.
    "tree_head": "SELECT",
    "tree_node": "SELECT",
}


def upgrade() -> None:
    for table in _TABLES:
        op.execute(f"CREATE TABLE {SCHEMA}.{table}")
    # The definitions of an organization are read again and again among a hundred times as many facts.
    op.execute(f"CREATE INDEX event_definition_idx ON {SCHEMA}.event (tenant_id, position) WHERE NOT fact")
    op.execute(f"CREATE INDEX command_created_idx ON {SCHEMA}.command (tenant_id, created_at)")
    for table in tenant_tables:
        isolate(table, _APP_MAY[table], audited=table != "data_key")
    _let_scheduler_see_who_has_news()
    _let_signer_sign()
    op.execute(f"GRANT SELECT ON {SCHEMA}.alembic_version TO steelyard_app, steelyard_scheduler")


def _let_scheduler_see_who_has_news() -> None:
    let_read("tenant_head", "steelyard_scheduler")
    # Not `error`, which may quote an event.
    let_read("progress", "steelyard_scheduler", "tenant_id, projection, generation, position, status")
    let_read("projection_route", "steelyard_scheduler")


def _let_signer_sign() -> None:
    let_read("tenant_head", "steelyard_signer")
    let_read("event", "steelyard_signer", "tenant_id, position, leaf")
    for table in ("tree_head", "tree_node"):
        let_read(table, "steelyard_signer")
        op.execute(f"CREATE POLICY {table}_signed ON {SCHEMA}.{table} FOR INSERT TO steelyard_signer WITH CHECK (true)")
        op.execute(f"GRANT INSERT ON {SCHEMA}.{table} TO steelyard_signer")


def downgrade() -> None:
    raise NotImplementedError("the log is never dropped by a migration")
