"""A pooler in transaction mode, where each statement may meet another session."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from provision.tenant.access import TenantAccess, Workspace
from tests.tenant.pgbouncer import pgbouncer
from tests.tenant.targets import registry_of, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from tests.conftest import Database, Server

WORKSPACE = Workspace("a", "o")


@pytest.fixture
def pooled(server: Server, database: Database) -> Iterator[int]:
    """The port of a PgBouncer that shares two server connections among all."""
    with pgbouncer(server, {database.user: database.password}) as port:
        yield port


def test_reads_writes_and_transactions_of_many_at_once(database: Database, pooled: int) -> None:
    registry = registry_of(
        target_of(database.url, port=pooled), tenant_connections=6, query_timeout_s=10.0
    )
    access = TenantAccess(registry)
    with access.transaction(WORKSPACE) as connection:
        connection.execute(text("CREATE TABLE t (a int PRIMARY KEY)"))

    def add(connection: Connection, owner_id: str, *, value: int) -> int:
        statement = text("INSERT INTO t VALUES (:value) RETURNING a")
        return int(connection.execute(statement, {"value": value}).scalar_one())

    def has(connection: Connection, owner_id: str, *, value: int) -> bool:
        statement = text("SELECT count(*) FROM t WHERE a = :value")
        return bool(connection.execute(statement, {"value": value}).scalar_one())

    def work(number: int) -> None:
        for step in range(20):
            value = number * 1000 + step
            if step % 5:
                assert access.write(WORKSPACE, add, value=value) == value
            else:
                with access.transaction(WORKSPACE) as connection:
                    add(connection, owner_id="o", value=value)
            assert access.read(WORKSPACE, has, value=value)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    with database.connect() as direct:
        assert direct.execute("SELECT count(*) FROM t").fetchone() == (120,)
    assert registry.stats()["failures_total"] == {}
    registry.close()


def test_a_pooler_that_restarts_is_found_again(database: Database, pooled: int) -> None:
    registry = registry_of(target_of(database.url, port=pooled))
    access = TenantAccess(registry)

    def one(connection: Connection, owner_id: str) -> int:
        return int(connection.execute(text("SELECT 1")).scalar_one())

    assert access.read(WORKSPACE, one) == 1
    with database.connect() as direct:
        direct.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert access.read(WORKSPACE, one) == 1
    registry.close()
