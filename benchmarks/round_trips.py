"""Round trips to a tenant's database, and what a query costs beyond psycopg itself.

Run it as `python -m benchmarks.round_trips`. It starts a PostgreSQL of its own (the `demo` extra),
puts a counting proxy in front, and prints two tables. Nothing is asserted here: the counts are held
by `tests/tenant/test_access_round_trips.py`, and times are for people to read.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import column, create_engine, make_url, select, table, text

from benchmarks.counting_proxy import CountingProxy
from benchmarks.rig import folder_and_postgres
from provision.tenant.access import TenantAccess, Workspace
from provision.tenant.host.target import Target
from provision.tenant.network.policy import NetworkPolicy
from provision.tenant.pool.registry import EngineRegistry

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL, Connection

ROUNDS = 5
CALLS = 2000
WORKSPACE = Workspace("tenant", "owner")
CLASSES = table("pg_class", column("oid"), column("relname"))
BY_OID = "SELECT relname FROM pg_class WHERE oid = %s"


def by_oid(connection: Connection, owner_id: str) -> object:
    """One row by its key, as a page's queries are built: anew for each call."""
    return connection.execute(select(CLASSES.c.relname).where(CLASSES.c.oid == 1259)).all()


def insert(connection: Connection, owner_id: str) -> object:
    return connection.execute(text("INSERT INTO trips VALUES (1) RETURNING a")).all()


def main() -> None:
    with folder_and_postgres() as (_, postgres):
        url = make_url(postgres.admin_url())
        with CountingProxy(str(url.host), int(url.port or 0)) as proxy:
            print_trips(url, proxy, "loopback")
        with CountingProxy(str(url.host), int(url.port or 0), trip_s=0.05) as proxy:
            print_trips(url, proxy, "50 ms away")
        print_times(url)


def print_trips(url: URL, proxy: CountingProxy, where: str) -> None:
    """Count and time each kind of call through a proxy."""
    registry = registry_for(url, port=proxy.port)
    access = TenantAccess(registry)
    with connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS trips (a int)")

    def in_transaction() -> None:
        with access.transaction(WORKSPACE) as connection:
            insert(connection, owner_id="owner")

    kinds: dict[str, Callable[[], object]] = {
        "cold: handshake and read": lambda: access.read(WORKSPACE, by_oid),
        "warm read": lambda: access.read(WORKSPACE, by_oid),
        "warm write": lambda: access.write(WORKSPACE, insert),
        "transaction of one write": in_transaction,
    }
    plain = create_engine(url.set(host=proxy.host, port=proxy.port))

    def plainly() -> None:
        with plain.connect() as connection:
            by_oid(connection, owner_id="owner")

    kinds |= {"plain create_engine, cold read": plainly, "plain create_engine, warm read": plainly}
    print(f"\n{where:34}  trips        ms")
    for name, call in kinds.items():
        proxy.count()
        begun = time.perf_counter()
        call()
        took_ms = (time.perf_counter() - begun) * 1000
        print(f"{name:34}  {proxy.count():5}  {took_ms:8.1f}")
    plain.dispose()
    registry.close()


def print_times(url: URL) -> None:
    """Time one query by its key, ours and psycopg's own alternately; medians of the rounds."""
    registry = registry_for(url)
    access = TenantAccess(registry)
    with connect(url) as raw:

        def driver() -> None:
            raw.execute(BY_OID, (1259,)).fetchall()

        def lent() -> None:
            with registry.connection("tenant") as connection:
                connection.exec_driver_sql(BY_OID, (1259,)).all()

        def built() -> None:
            access.read(WORKSPACE, by_oid)

        kinds = {
            "psycopg, not prepared": driver,
            "registry, statement as text": lent,
            "access.read, statement built anew": built,
        }
        rounds: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(ROUNDS):
            for name, call in kinds.items():
                begun = time.perf_counter()
                for _ in range(CALLS):
                    call()
                rounds[name].append((time.perf_counter() - begun) / CALLS * 1e6)
    medians = {name: statistics.median(took) for name, took in rounds.items()}
    base = medians["psycopg, not prepared"]
    print(f"\n{'loopback, per query':34}     µs  beyond psycopg")
    for name, took_us in medians.items():
        print(f"{name:34}  {took_us:5.0f}  {took_us - base:14.0f}")
    registry.close()


def registry_for(url: URL, *, port: int | None = None) -> EngineRegistry:
    target = Target(
        host=str(url.host),
        port=port or int(url.port or 0),
        database=str(url.database),
        user=str(url.username),
        password=str(url.password),
        sslmode="disable",
    )
    return EngineRegistry(lambda _: target, policy=NetworkPolicy(loopback=True))


def connect(url: URL) -> psycopg.Connection:
    return psycopg.connect(
        host=url.host,
        port=url.port,
        user=url.username,
        password=url.password,
        dbname=url.database,
        autocommit=True,
        prepare_threshold=None,
    )


if __name__ == "__main__":
    main()
