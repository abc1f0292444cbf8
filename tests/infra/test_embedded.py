"""The embedded servers keep their data, die with their owner, and are shared."""

import psycopg
import redis

from tests.support.servers import drop_database, dsn_with, new_database


def test_a_new_database_is_reachable_and_valkey_refuses_to_forget(postgres_admin_dsn: str, redis_url: str) -> None:
    dsn = new_database(postgres_admin_dsn, "embedded_probe")
    with psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("embedded_probe",)
    drop_database(postgres_admin_dsn, "embedded_probe")
    assert dsn_with(dsn, database="postgres") == postgres_admin_dsn
    with redis.Redis.from_url(redis_url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
