"""A page is one trip: counted by a proxy between us and the tenant's server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from provision.tenant.access import TenantAccess, Workspace
from tests.counting_proxy import CountingProxy
from tests.tenant.targets import met_target_of, registry_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from tests.conftest import Database

WORKSPACE = Workspace("a", "o")
# Start-up, and the two exchanges of SCRAM. Without TLS, and without asking for it.
HANDSHAKE = 3


def read(connection: Connection, owner_id: str) -> int:
    return int(connection.execute(text("SELECT count(*) FROM t")).scalar_one())


def write(connection: Connection, owner_id: str) -> int:
    statement = text("INSERT INTO t VALUES (:value) RETURNING a")
    return int(connection.execute(statement, {"value": 1}).scalar_one())


@pytest.fixture
def proxy(database: Database) -> Iterator[CountingProxy]:
    with database.connect() as connection:
        connection.execute("CREATE TABLE t (a int)")
    with CountingProxy(str(database.url.host), int(database.url.port or 0)) as proxy:
        yield proxy


def test_cold_handshake_and_one_then_one_a_read_and_one_a_write(
    database: Database, proxy: CountingProxy
) -> None:
    registry = registry_of(met_target_of(database.url, port=proxy.port))
    access = TenantAccess(registry)
    access.read(WORKSPACE, read)
    assert proxy.count() == HANDSHAKE + 1
    for _ in range(3):
        access.read(WORKSPACE, read)
        assert proxy.count() == 1
        access.write(WORKSPACE, write)
        assert proxy.count() == 1
    with access.transaction(WORKSPACE) as connection:
        write(connection, owner_id="o")
    assert proxy.count() == 3
    registry.close()
    assert proxy.count() == 0


def test_asking_for_tls_in_vain_costs_one_more(database: Database, proxy: CountingProxy) -> None:
    registry = registry_of(replace(met_target_of(database.url, port=proxy.port), sslmode="prefer"))
    TenantAccess(registry).read(WORKSPACE, read)
    assert proxy.count() == HANDSHAKE + 2
    registry.close()


def test_a_second_tenant_and_a_second_connection_cost_no_more(
    database: Database, proxy: CountingProxy
) -> None:
    registry = registry_of(met_target_of(database.url, port=proxy.port))
    access = TenantAccess(registry)
    access.read(WORKSPACE, read)
    proxy.count()
    access.read(Workspace("another", "o"), read)
    assert proxy.count() == HANDSHAKE + 1
    with registry.connection("a"), registry.connection("a") as second:
        read(second, owner_id="o")
    assert proxy.count() == HANDSHAKE + 1
    registry.close()


def test_nothing_is_sent_that_no_call_asked_for(database: Database, proxy: CountingProxy) -> None:
    registry = registry_of(met_target_of(database.url, port=proxy.port))
    access = TenantAccess(registry)
    access.read(WORKSPACE, read)
    sent = proxy.sent_by_client
    with registry.connection("a"):
        pass
    registry.stats()
    registry.close_idle()
    assert proxy.sent_by_client == sent
    registry.close()
