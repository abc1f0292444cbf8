"""The directory: organizations, digests of keys, page tokens.

Not tenant tables: no content, no tenant_id, no row-level security; the application reaches them by digest,
id or code only. On a distributed database `organization` is a reference table and the two others stay local to the
coordinator.
"""

from alembic import op

revision = "0002_directory"
down_revision = "0001_log"

tenant_tables: tuple[str, ...] = ()
reference_tables = ("organization",)
local_tables = ("api_key", "page_token")

CREATE = (
    """
    CREATE TABLE steelyard.organization (
        organization_id uuid NOT NULL,
        code text NOT NULL,
        founded_at timestamptz NOT NULL,
        CONSTRAINT organization_pkey PRIMARY KEY (organization_id),
        CONSTRAINT organization_code_key UNIQUE (code),
        CONSTRAINT organization_code_form CHECK (code ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$')
    )
    """,
    """
    CREATE TABLE steelyard.api_key (
        digest bytea NOT NULL,
        key_id uuid NOT NULL,
        organization_id uuid NOT NULL,
        principal text NOT NULL,
        role text NOT NULL,
        scopes text[] NOT NULL,
        kpis text[] NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz,
        CONSTRAINT api_key_pkey PRIMARY KEY (digest),
        CONSTRAINT api_key_key_id_key UNIQUE (key_id),
        CONSTRAINT api_key_organization_fkey FOREIGN KEY (organization_id)
            REFERENCES steelyard.organization (organization_id),
        CONSTRAINT api_key_digest_size CHECK (octet_length(digest) = 32)
    )
    """,
    """
    CREATE TABLE steelyard.page_token (
        digest bytea NOT NULL,
        organization_id uuid NOT NULL,
        created_at timestamptz NOT NULL,
        expires_at timestamptz NOT NULL,
        CONSTRAINT page_token_pkey PRIMARY KEY (digest),
        CONSTRAINT page_token_organization_fkey FOREIGN KEY (organization_id)
            REFERENCES steelyard.organization (organization_id),
        CONSTRAINT page_token_digest_size CHECK (octet_length(digest) = 32)
    )
    """,
    "GRANT SELECT, INSERT ON steelyard.organization TO steelyard_app",
    "GRANT SELECT, INSERT, DELETE ON steelyard.api_key TO steelyard_app",
    "GRANT SELECT, INSERT, DELETE ON steelyard.page_token TO steelyard_app",
)


def upgrade() -> None:
    for statement in CREATE:
        op.execute(statement)


def downgrade() -> None:
    for table in ("page_token", "api_key", "organization"):
        op.execute(f"DROP TABLE steelyard.{table}")
