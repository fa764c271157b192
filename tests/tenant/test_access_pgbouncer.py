"""A pooler in transaction mode, where each statement may meet another session."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from provision.tenant.access import TenantAccess, Workspace
from tests.tenant.targets import registry_of, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from tests.conftest import Database, Server

NOBODY = 65534
WORKSPACE = Workspace("a", "o")


@pytest.fixture
def pooled(server: Server, database: Database) -> Iterator[int]:
    """The port of a PgBouncer that shares two server connections among all."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        if os.environ.get("PROVISION_REQUIRE_ALL") == "1":
            pytest.fail("PgBouncer is not installed")
        pytest.skip("PgBouncer is not installed")
    folder = Path(tempfile.mkdtemp(prefix="provision-pgbouncer-"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    (folder / "users").write_text(f'"{database.user}" "{database.password}"\n')
    (folder / "ini").write_text(
        f"[databases]\n* = host={server.host} port={server.port}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = scram-sha-256\nauth_file = {folder / 'users'}\n"
        "pool_mode = transaction\ndefault_pool_size = 2\n"
    )
    as_root = os.geteuid() == 0
    for path in (folder, folder / "users", folder / "ini") if as_root else ():
        os.chown(path, NOBODY, NOBODY)
    process = subprocess.Popen(
        [program, "-q", str(folder / "ini")],
        user=NOBODY if as_root else None,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)
        shutil.rmtree(folder)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        else:
            return


def test_reads_writes_and_transactions_of_many_at_once(database: Database, pooled: int) -> None:
    registry = registry_of(
        target_of(database.url, port=pooled), tenant_connections=6, query_timeout_s=10.0
    )
    access = TenantAccess(registry)
    with access.transaction(WORKSPACE) as connection:
        connection.execute(text("CREATE TABLE t (a int PRIMARY KEY)"))

    def add(connection: Connection, *, owner_id: str, value: int) -> int:
        statement = text("INSERT INTO t VALUES (:value) RETURNING a")
        return int(connection.execute(statement, {"value": value}).scalar_one())

    def has(connection: Connection, *, owner_id: str, value: int) -> bool:
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

    def one(connection: Connection, *, owner_id: str) -> int:
        return int(connection.execute(text("SELECT 1")).scalar_one())

    assert access.read(WORKSPACE, one) == 1
    with database.connect() as direct:
        direct.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert access.read(WORKSPACE, one) == 1
    registry.close()
