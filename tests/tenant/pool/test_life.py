"""How engines and connections come, stay, are replaced, and go."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from provision.errors import DatabaseBusyError, SchemaNotReadyError
from provision.tenant.access import TenantAccess, Workspace
from tests.tenant.targets import backends, met_target_of, one, registry_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Database, Server

WORKSPACE = Workspace("a", "owner")


def wait_until(holds: Callable[[], bool], limit_s: float = 3.0) -> None:
    until = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_an_idle_engine_is_closed_and_comes_back_when_used(
    server: Server, database: Database
) -> None:
    registry = registry_of(met_target_of(database.url), idle_s=0.3)
    access = TenantAccess(registry)
    for _ in range(2):
        access.read(WORKSPACE, one)
        assert backends(server, database=database.name) == 1
        wait_until(lambda: backends(server, database=database.name) == 0)
        wait_until(lambda: registry.stats()["engines"] == 0)
    assert registry.stats()["evicted_idle_total"] == 2
    registry.close()


def test_idleness_waits_for_what_is_lent(server: Server, database: Database) -> None:
    registry = registry_of(met_target_of(database.url), idle_s=0.2)
    with registry.connection("a") as connection:
        time.sleep(0.5)
        registry.close_idle()
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    registry.close()


def test_connections_a_burst_left_over_are_closed_though_the_engine_is_used(
    server: Server, database: Database
) -> None:
    registry = registry_of(met_target_of(database.url), idle_s=0.4)
    access = TenantAccess(registry)
    with registry.connection("a"), registry.connection("a"), registry.connection("a"):
        assert backends(server, database=database.name) == 3

    def only_one_left() -> bool:
        access.read(WORKSPACE, one)
        return backends(server, database=database.name) == 1

    wait_until(only_one_left)
    assert registry.stats()["engines"] == 1
    registry.close()


def test_a_changed_string_evicts_at_once_and_on_return(server: Server, database: Database) -> None:
    targets = [met_target_of(database.url), met_target_of(server.url(database.name))]
    registry = registry_of(lambda _: targets[0])
    access = TenantAccess(registry)

    def user(connection: object, owner_id: str) -> str:
        return str(connection.execute(text("SELECT current_user")).scalar_one())  # type: ignore[attr-defined]

    assert access.read(WORKSPACE, user) == database.user
    with registry.connection("a") as lent, registry.connection("a"):
        pass_on = targets.pop(0)
        access.forget(WORKSPACE)
        assert backends(server, database=database.name, user=pass_on.user) == 2
        assert access.read(WORKSPACE, user) == server.admin_user
        assert lent.execute(text("SELECT 1")).scalar_one() == 1
    assert backends(server, database=database.name, user=pass_on.user) == 0
    assert registry.stats()["evicted_changed_total"] == 1
    registry.close()
    assert registry.stats()["connections"] == 0


def test_a_connection_left_in_a_transaction_is_not_lent_again(
    server: Server, database: Database
) -> None:
    registry = registry_of(met_target_of(database.url))
    with registry.connection("a") as connection:
        connection.execute(text("CREATE TABLE t (a int)"))
        connection.exec_driver_sql("BEGIN")
        connection.execute(text("INSERT INTO t VALUES (1)"))
    assert backends(server, database=database.name) == 0
    with registry.connection("a") as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar_one() == 0
    registry.close()


def test_a_connection_is_of_no_use_after_its_check_in(database: Database) -> None:
    registry = registry_of(met_target_of(database.url))
    with registry.connection("a") as kept:
        pass
    with pytest.raises(Exception, match="closed"):
        kept.execute(text("SELECT 1"))
    engine = kept.engine
    with pytest.raises(RuntimeError, match="from the registry only"):
        engine.connect()
    assert database.password not in repr(engine) + str(engine.url)
    registry.close()


def test_a_failed_statement_keeps_its_connection(database: Database) -> None:
    registry = registry_of(met_target_of(database.url))
    for _ in range(3):
        with pytest.raises(SchemaNotReadyError), registry.connection("a") as connection:
            connection.execute(text("SELECT * FROM nowhere"))
    assert registry.stats()["connections_opened_total"] == 1
    registry.close()


def test_killed_backends_are_replaced_unseen(server: Server, database: Database) -> None:
    registry = registry_of(met_target_of(database.url))
    access = TenantAccess(registry)
    with registry.connection("a"), registry.connection("a"):
        pass
    for _ in range(3):
        kill(server, database)
        assert access.read(WORKSPACE, one) == 1
        kill(server, database)
        assert access.write(WORKSPACE, one) == 1
    assert registry.stats()["failures_total"] == {}
    assert registry.stats()["connections_found_dead_total"]
    registry.close()


def test_closing_leaves_nothing_and_may_be_repeated(server: Server, database: Database) -> None:
    registry = registry_of(met_target_of(database.url))
    threads = threading.active_count()
    with registry.connection("a") as lent:
        TenantAccess(registry).read(WORKSPACE, one)
        registry.close()
        assert backends(server, database=database.name) == 1
        assert lent.execute(text("SELECT 1")).scalar_one() == 1
    assert backends(server, database=database.name) == 0
    registry.close()
    assert threading.active_count() <= threads
    with pytest.raises(DatabaseBusyError), registry.connection("a"):
        pass


def test_waiters_are_sent_away_when_all_is_closed(database: Database) -> None:
    registry = registry_of(
        met_target_of(database.url), tenant_connections=1, connect_timeout_s=10.0
    )
    caught: list[BaseException] = []

    def wait() -> None:
        try:
            with registry.connection("a"):
                pass
        except DatabaseBusyError as error:
            caught.append(error)

    with registry.connection("a"):
        thread = threading.Thread(target=wait)
        thread.start()
        wait_until(lambda: registry.stats()["waiting"] == 1)
        registry.close()
        thread.join(timeout=2)
    assert len(caught) == 1


def kill(server: Server, database: Database) -> None:
    server.execute(
        "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
        f" WHERE datname = '{database.name}'"
    )


def test_what_another_process_forgot_is_closed_while_the_rest_is_kept(
    server: Server, database: Database
) -> None:
    gone: set[str] = set()
    registry = registry_of(met_target_of(database.url), forgotten=gone.intersection)
    access = TenantAccess(registry)
    access.read(WORKSPACE, one)
    access.read(Workspace("b", "owner"), one)
    gone.add("a")
    wait_until(lambda: backends(server, database=database.name) == 1, limit_s=10.0)
    assert registry.stats()["evicted_changed_total"] == 1
    gone.add("b")
    wait_until(lambda: registry.stats()["engines"] == 0, limit_s=10.0)
    registry.close()
