"""The tables of the projections, and when the worker's periodic jobs are due.

Rows are kept per generation: a rebuild fills the next one beside the live one.
"""

from alembic import op

from infra.database import SCHEMA
from infra.migrations.isolation import isolate

revision = "0003_projections"
down_revision = "0002_directory"

tenant_tables = (
    "value_in_force",
    "external_id",
    "reading",
    "score",
)
reference_tables: tuple[str, ...] = ()
local_tables = ("schedule",)

_NUMBERS = """value numeric,
        numerator numeric,
        denominator numeric"""
# Codes and names of periods sort by their bytes, the same on every server.
_CODE = 'text COLLATE "C" NOT NULL'

_TABLES = (
    f"""value_in_force (
        tenant_id uuid NOT NULL,
        generation integer NOT NULL,
        kpi {_CODE},
        period {_CODE},
        source {_CODE},
        {_NUMBERS},
        position bigint NOT NULL,
        CONSTRAINT value_in_force_pkey PRIMARY KEY (tenant_id, generation, kpi, period, source)
    )""",
    f"""external_id (
        tenant_id uuid NOT NULL,
        generation integer NOT NULL,
        source {_CODE},
        external_id {_CODE},
        kpi {_CODE},
        period {_CODE},
        {_NUMBERS},
        position bigint NOT NULL,
        CONSTRAINT external_id_pkey PRIMARY KEY (tenant_id, generation, source, external_id)
    )""",
    f"""reading (
        tenant_id uuid NOT NULL,
        generation integer NOT NULL,
        kpi {_CODE},
        period {_CODE},
        source {_CODE},
        from_position bigint NOT NULL,
        kind text NOT NULL,
        {_NUMBERS},
        replaces bigint,
        observed_at timestamptz,
        external_id text,
        CONSTRAINT reading_pkey PRIMARY KEY (tenant_id, generation, kpi, period, source, from_position),
        CONSTRAINT reading_kind_check CHECK (kind IN ('recorded', 'corrected', 'retracted', 'not_applicable'))
    )""",
    f"""score (
        tenant_id uuid NOT NULL,
        generation integer NOT NULL,
        scorecard {_CODE},
        period {_CODE},
        stored_at bigint NOT NULL,
        changed_at bigint NOT NULL,
        lengthy boolean NOT NULL,
        version integer,
        tree bytea NOT NULL,
        nodes bytea NOT NULL,
        balance bytea,
        CONSTRAINT score_pkey PRIMARY KEY (tenant_id, generation, scorecard, period)
    )""",
)

_SCHEDULE = """schedule (
        name text NOT NULL,
        due_at timestamptz NOT NULL,
        CONSTRAINT schedule_pkey PRIMARY KEY (name)
    )"""


def upgrade() -> None:
    for table in _TABLES:
        op.execute(f"CREATE TABLE {SCHEMA}.{table}")
    for name in tenant_tables:
        isolate(name)
    op.execute(f"CREATE TABLE {SCHEMA}.{_SCHEDULE}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON {SCHEMA}.schedule TO steelyard_scheduler")


def downgrade() -> None:
    op.execute(f"DROP TABLE {SCHEMA}.schedule")
    for name in reversed(tenant_tables):
        op.execute(f"DROP TABLE {SCHEMA}.{name}")
