"""Never more than agreed: counted where it matters, in the server's own list of connections."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from provision.errors import DatabaseBusyError, UnreachableError
from provision.tenant.access import TenantAccess, Workspace
from provision.tenant.pool.bounds import Bounds
from tests.patience import LONG_S
from tests.tenant.targets import backends, met_target_of, one, registry_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.tenant.host.target import Target
    from tests.conftest import Database, Server

TENANTS = 40
BOUND = 8


@pytest.fixture
def many(server: Server) -> Iterator[dict[str, Target]]:
    """Forty tenants, each with a role of its own."""
    name = server.create_database()
    server.execute(f"GRANT CONNECT ON DATABASE {name} TO PUBLIC")
    roles = [server.create_role() for _ in range(TENANTS)]
    user, password = roles[0]
    met = met_target_of(server.url(name, user, password))
    # One password with one salt for all, so that one first contact does for all.
    server.execute(
        f"""DO $$ DECLARE each name; BEGIN
        FOR each IN SELECT rolname FROM pg_roles WHERE rolname = ANY ('{{{
            ",".join(other for other, _ in roles)
        }}}') LOOP
            EXECUTE format('ALTER ROLE %I PASSWORD %L', each,
                (SELECT rolpassword FROM pg_authid WHERE rolname = '{user}'));
        END LOOP; END $$"""
    )
    yield {user: replace(met, user=user) for user, _ in roles}
    server.execute(f"DROP DATABASE {name}")
    for user, _ in roles:
        server.execute(f"DROP ROLE {user}")


class Watch:
    """Looks again and again how many connections there are, and keeps the most."""

    def __init__(self, server: Server) -> None:
        self.most = 0
        self._stop = threading.Event()
        self._server = server
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        with self._server.connect() as connection:
            while not self._stop.is_set():
                row = connection.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE usename LIKE 'r\\_%'"
                ).fetchone()
                assert row is not None
                self.most = max(self.most, row[0])


@pytest.mark.parametrize(
    "bounds", [{"max_engines": 100}, {"max_engines": BOUND}, {"max_engines": 3}]
)
def test_forty_tenants_never_have_more_than_eight_connections(
    server: Server, many: dict[str, Target], bounds: dict[str, Any]
) -> None:
    registry = registry_of(many.__getitem__, max_connections=BOUND, tenant_connections=2, **bounds)
    access = TenantAccess(registry)
    names = list(many)

    def call(number: int) -> int:
        return access.read(Workspace(names[number * 7 % TENANTS], "owner"), one)

    with Watch(server) as watch, ThreadPoolExecutor(12) as pool:
        assert list(pool.map(call, range(400))) == [1] * 400
    stats = registry.stats()
    assert isinstance(stats["engines"], int)
    assert isinstance(stats["connections"], int)
    assert 1 < watch.most <= BOUND
    assert stats["engines"] <= bounds["max_engines"]
    assert stats["connections"] <= BOUND
    assert stats["connections_lent"] == stats["waiting"] == 0
    registry.close()
    assert backends(server, user="r\\_%") == 0
    assert registry.stats()["connections"] == registry.stats()["engines"] == 0


def test_one_tenant_never_has_more_than_its_own_bound(server: Server, database: Database) -> None:
    registry = registry_of(met_target_of(database.url), tenant_connections=3)
    access = TenantAccess(registry)

    def slow(connection: Any, owner_id: str) -> int:
        connection.execute(text("SELECT pg_sleep(0.02)"))
        return backends(server, database=database.name)

    with ThreadPoolExecutor(10) as pool:
        counts = list(pool.map(lambda _: access.read(Workspace("a", "o"), slow), range(40)))
    assert max(counts) == 3
    assert registry.stats()["waits_total"]
    registry.close()


def test_no_room_in_time_is_busy_and_takes_no_place_in_the_queue(database: Database) -> None:
    registry = registry_of(met_target_of(database.url), tenant_connections=1, connect_timeout_s=0.3)
    with registry.connection("a"):
        begun = time.monotonic()
        with pytest.raises(DatabaseBusyError) as caught, registry.connection("a"):
            pass
        assert 0.2 < time.monotonic() - begun < LONG_S
    assert caught.value.code == "too_many_connections"
    assert registry.stats()["waiting"] == 0
    with registry.connection("a") as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    registry.close()


def test_a_waiter_gets_the_connection_that_comes_back(database: Database) -> None:
    registry = registry_of(met_target_of(database.url), tenant_connections=1)
    access = TenantAccess(registry)
    with ThreadPoolExecutor(1) as pool:
        with registry.connection("a"):
            waiting = pool.submit(access.read, Workspace("a", "o"), one)
            while not registry.stats()["waiting"]:
                time.sleep(0.01)
        assert waiting.result(timeout=2) == 1
    assert registry.stats()["connections_opened_total"] == 1
    registry.close()


def test_an_idle_connection_of_another_makes_room(server: Server, database: Database) -> None:
    registry = registry_of(met_target_of(database.url), max_connections=1, tenant_connections=1)
    access = TenantAccess(registry)
    for name in ("a", "b", "a", "c"):
        assert access.read(Workspace(name, "o"), one) == 1
        assert backends(server, database=database.name) == 1
    registry.close()


def test_engines_at_work_are_not_evicted_for_another(database: Database) -> None:
    registry = registry_of(met_target_of(database.url), max_engines=2, connect_timeout_s=0.3)
    with registry.connection("a") as a, registry.connection("b") as b:
        with pytest.raises(DatabaseBusyError), registry.connection("c"):
            pass
        assert a.execute(text("SELECT 1")).scalar_one() == 1
        assert b.execute(text("SELECT 1")).scalar_one() == 1
    with registry.connection("c") as c:
        assert c.execute(text("SELECT 1")).scalar_one() == 1
    assert registry.stats()["engines"] == 2
    assert registry.stats()["evicted_lru_total"] == 1
    registry.close()


def test_the_least_recently_used_engine_makes_room(database: Database) -> None:
    met = met_target_of(database.url)
    loaded: list[str] = []

    def load(connection_id: str) -> Target:
        loaded.append(connection_id)
        return met

    registry = registry_of(load, max_engines=2)
    access = TenantAccess(registry)
    for name in ("a", "b", "a", "c", "a", "b"):
        access.read(Workspace(name, "o"), one)
    assert loaded == ["a", "b", "c", "b"]
    registry.close()


def test_first_requests_at_once_make_one_engine(database: Database) -> None:
    met = met_target_of(database.url)
    loaded: list[str] = []

    def load(connection_id: str) -> Target:
        loaded.append(connection_id)
        time.sleep(0.1)
        return met

    registry = registry_of(load)
    access = TenantAccess(registry)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: access.read(Workspace("a", "o"), one), range(8)))
    assert loaded == ["a"]
    registry.close()


def test_what_fails_to_be_made_gives_its_place_back(database: Database) -> None:
    met = met_target_of(database.url)

    def load(connection_id: str) -> Target:
        if connection_id == "unreadable":
            raise LookupError(connection_id)
        if connection_id == "closed port":
            return replace(met, port=1)
        return met

    registry = registry_of(load, max_engines=1, max_connections=1, tenant_connections=1)
    for _ in range(3):
        with pytest.raises(LookupError), registry.connection("unreadable"):
            pass
        with pytest.raises(UnreachableError), registry.connection("closed port"):
            pass
    assert TenantAccess(registry).read(Workspace("a", "o"), one) == 1
    assert registry.stats()["connections"] == registry.stats()["engines"] == 1
    registry.close()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"max_engines": 0}, "At least one engine"),
        ({"max_connections": 0}, "At least one connection"),
        ({"tenant_connections": 0}, "A tenant needs"),
        ({"max_connections": 2, "tenant_connections": 3}, "more connections than all"),
        ({"idle_s": 0.0}, "more than no time"),
        ({"connect_timeout_s": 0.0}, "some time"),
        ({"query_timeout_s": -1.0}, "some time"),
        ({"max_result_bytes": 1}, "64 KiB"),
        ({"trouble_slots": 0}, "find out about trouble"),
    ],
)
def test_a_bound_that_makes_no_sense_is_refused_in_a_sentence(
    wrong: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        Bounds(**wrong)
