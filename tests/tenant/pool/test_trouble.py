"""A neighbour's trouble stays the neighbour's: hung, dead, restarted and hostile servers."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from provision.errors import (
    DatabaseTimeoutError,
    ResultTooLargeError,
    RowRefusedError,
    TenantError,
    UnreachableError,
)
from provision.tenant.access import TenantAccess, Workspace
from tests.counting_proxy import CountingProxy
from tests.patience import LONG_S
from tests.tenant.targets import backends, met_target_of, one, registry_of, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from provision.tenant.host.target import Target
    from tests.conftest import Database, Server


@pytest.fixture
def proxy(database: Database) -> Iterator[CountingProxy]:
    with CountingProxy(str(database.url.host), int(database.url.port or 0)) as proxy:
        yield proxy


def test_a_hung_server_costs_its_owner_the_limit_and_then_nothing(
    database: Database, proxy: CountingProxy
) -> None:
    registry = registry_of(
        met_target_of(database.url, port=proxy.port), connect_timeout_s=0.3, query_timeout_s=0.3
    )
    access = TenantAccess(registry)
    access.read(Workspace("hung", "o"), one)
    proxy.fall_silent()
    for _ in range(3):
        begun = time.monotonic()
        with pytest.raises(DatabaseTimeoutError) as caught:
            access.read(Workspace("hung", "o"), one)
        assert time.monotonic() - begun < LONG_S
        assert not caught.value.at_once
    with pytest.raises(DatabaseTimeoutError) as caught:
        access.read(Workspace("hung", "o"), one)
    assert caught.value.at_once
    assert caught.value.retry_after_s == 1
    proxy.speak_again()
    time.sleep(1.0)
    assert access.read(Workspace("hung", "o"), one) == 1
    registry.close()


def test_hung_tenants_hold_at_most_half_of_the_threads(
    database: Database, proxy: CountingProxy
) -> None:
    """Sixteen calls to hung tenants never contacted before: half must be gone after a second."""

    met = met_target_of(database.url)

    def load(connection_id: str) -> Target:
        return replace(met, port=proxy.port) if connection_id.startswith("hung") else met

    registry = registry_of(load, trouble_slots=8, connect_timeout_s=8.0, query_timeout_s=8.0)
    access = TenantAccess(registry)
    proxy.fall_silent()

    def call(number: int) -> str:
        with pytest.raises(TenantError) as caught:
            access.read(Workspace(f"hung {number}", "o"), one)
        return caught.value.problem

    with ThreadPoolExecutor(17) as pool:
        hung = [pool.submit(call, number) for number in range(16)]
        time.sleep(0.3)
        for _ in range(20):
            assert access.read(Workspace("well", "o"), one) == 1
            time.sleep(0.1)
        # All of that while the hung ones went on waiting.
        assert sum(not each.done() for each in hung) == 8
        assert {each.result() for each in hung} <= {"database_busy", "database_timeout"}
    assert registry.stats()["trouble_slots_taken"] == 0
    registry.close()


def test_a_refusing_server_is_asked_once_a_second_at_most(
    database: Database, proxy: CountingProxy
) -> None:
    up = {"port": 1}
    met = met_target_of(database.url)
    registry = registry_of(lambda _: replace(met, port=up["port"]))
    access = TenantAccess(registry)
    for _ in range(10):
        with pytest.raises(UnreachableError) as caught:
            access.read(Workspace("a", "o"), one)
        assert caught.value.code == "connection_refused"
    assert registry.stats()["failures_total"] == {"connection_refused": 3}
    registry.close()


def test_a_wrong_password_is_tried_once_and_again_when_the_string_changes(
    database: Database, proxy: CountingProxy
) -> None:
    targets = [target_of(database.url.set(password="wrong"), port=proxy.port)]
    registry = registry_of(lambda _: targets[-1])
    access = TenantAccess(registry)
    for _ in range(5):
        with pytest.raises(UnreachableError) as caught:
            access.read(Workspace("a", "o"), one)
        assert caught.value.code == "auth_failed"
    assert proxy.accepted == 1
    targets.append(met_target_of(database.url, port=proxy.port))
    access.forget(Workspace("a", "o"))
    assert access.read(Workspace("a", "o"), one) == 1
    registry.close()


def test_a_result_without_end_is_cut_off_and_blames_nobody(database: Database) -> None:
    registry = registry_of(met_target_of(database.url), max_result_bytes=1 << 20)
    access = TenantAccess(registry)

    def endless(connection: Connection, owner_id: str) -> object:
        return connection.execute(
            text("SELECT repeat('x', 1000), generate_series(1, 10000000)")
        ).all()

    for _ in range(4):
        with pytest.raises(ResultTooLargeError):
            access.read(Workspace("a", "o"), endless)
    assert access.read(Workspace("a", "o"), one) == 1
    assert registry.stats()["tenants_failing"] == 0
    registry.close()


def test_a_giant_error_text_is_neither_kept_nor_shown(database: Database) -> None:
    registry = registry_of(met_target_of(database.url))

    def shouting(connection: Connection, owner_id: str) -> None:
        connection.execute(text("DO $$ BEGIN RAISE '%', repeat('<b>', 1000000); END $$"))

    with pytest.raises(RowRefusedError) as caught:
        TenantAccess(registry).write(Workspace("a", "o"), shouting)
    assert len(str(caught.value)) < 500
    assert "<b>" not in str(caught.value)
    registry.close()


def test_a_slow_statement_of_one_does_not_delay_another(database: Database) -> None:
    registry = registry_of(
        met_target_of(database.url),
        max_connections=4,
        tenant_connections=2,
        connect_timeout_s=LONG_S,
    )
    access = TenantAccess(registry)

    def slow(connection: Connection, owner_id: str) -> None:
        connection.execute(text("SELECT pg_sleep(0.8)"))

    with ThreadPoolExecutor(6) as pool:
        busy = [pool.submit(access.read, Workspace("slow", "o"), slow) for _ in range(6)]
        time.sleep(0.1)
        assert access.read(Workspace("well", "o"), one) == 1
        assert not all(each.done() for each in busy)
        for each in busy:
            each.result()
    registry.close()


def test_a_statement_left_at_the_deadline_is_stopped_on_the_server(
    server: Server, database: Database
) -> None:
    registry = registry_of(met_target_of(database.url), query_timeout_s=0.3, tenant_connections=1)

    def endless(connection: Connection, owner_id: str) -> None:
        connection.execute(text("SELECT pg_sleep(60)"))

    with pytest.raises(DatabaseTimeoutError):
        TenantAccess(registry).read(Workspace("a", "o"), endless)
    until = time.monotonic() + 3.0
    while registry.stats()["connections"] or backends(server, database=database.name):
        assert time.monotonic() < until
        time.sleep(0.02)
    registry.close()


def test_a_place_lost_to_a_silent_server_comes_back(
    database: Database, proxy: CountingProxy
) -> None:
    registry = registry_of(met_target_of(database.url, port=proxy.port), query_timeout_s=0.3)
    access = TenantAccess(registry)
    access.read(Workspace("a", "o"), one)
    proxy.fall_silent()
    with pytest.raises(DatabaseTimeoutError):
        access.read(Workspace("a", "o"), one)
    until = time.monotonic() + 3.0
    while registry.stats()["connections"]:
        assert time.monotonic() < until
        time.sleep(0.02)
    registry.close()
