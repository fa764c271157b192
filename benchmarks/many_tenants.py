"""200 tenants in random order under bounds of 32 engines and 64 connections; then two idle minutes.

Run it as `python -m benchmarks.many_tenants`. Connections are counted in `pg_stat_activity` all the
while; statements are counted by the server itself (`pg_stat_statements`) while nobody asks.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

import psycopg

from benchmarks.rig import folder_and_postgres, load, make_tenants
from tests.running import running

if TYPE_CHECKING:
    from provision.built_in.postgres import BuiltInPostgres

TENANTS = 200
ENGINES = 32
CONNECTIONS = 64
CLIENTS = 16
SECONDS = 30.0
SIGNED_IN = 20
IDLE_S = 120.0

_OPEN = "SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'workspace%'"
_STATEMENTS = (
    "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements s "
    "JOIN pg_database d ON d.oid = s.dbid WHERE d.datname LIKE 'workspace%'"
)


class Watch:
    """Counts a server's tenant connections every 20 ms, and keeps the most it saw."""

    def __init__(self, postgres: BuiltInPostgres) -> None:
        self.most = 0
        self._connection = psycopg.connect(postgres.admin_url(), autocommit=True)
        self._connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look_on)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()

    def ask(self, statement: str) -> int:
        row = self._connection.execute(statement.encode()).fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        self._connection.close()

    def _look_on(self) -> None:
        while not self._stopping.wait(0.02):
            self.most = max(self.most, self.ask(_OPEN))


def main(tenants: int = TENANTS, idle_s: float = IDLE_S) -> None:
    bounds = {"MAX_ENGINES": str(ENGINES), "MAX_CONNECTIONS": str(CONNECTIONS)}
    with folder_and_postgres() as (folder, postgres):
        bearers = [each.token for each in make_tenants(folder, postgres, tenants)]
        watch = Watch(postgres)
        watch.start()
        with running("serve", "--port", "0", directory=folder, settings=bounds) as server:
            address = (server.host, server.port)
            seen = load(address, bearers, clients=CLIENTS, seconds=SECONDS)
            watch.stop()
            print(f"{tenants} tenants, bound {ENGINES} engines / {CONNECTIONS} connections")
            print(
                f"  answers by status {seen.statuses}, p50 {seen.percentile(0.5):.1f} ms, "
                f"p99 {seen.percentile(0.99):.1f} ms"
            )
            print(f"  connections in pg_stat_activity: most {watch.most}")
            load(address, bearers[:SIGNED_IN], clients=SIGNED_IN, seconds=2)
            before = watch.ask(_STATEMENTS)
            time.sleep(idle_s)
            idle = watch.ask(_STATEMENTS) - before
            print(f"  statements in {idle_s:.0f} idle s with {SIGNED_IN} signed in: {idle}")
            print(f"  connections left after them: {watch.ask(_OPEN)}")
            load(address, bearers, clients=CLIENTS, seconds=2)
            server.stop()
            time.sleep(0.5)
            print(f"  connections left after shutdown: {watch.ask(_OPEN)}")
        watch.close()


if __name__ == "__main__":
    main(*(kind(value) for kind, value in zip((int, float), sys.argv[1:], strict=False)))
