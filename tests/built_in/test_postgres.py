from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from provision.built_in.postgres import BuiltInPostgres
from provision.errors import SettingsError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.built_in.databases import BuiltInDatabase

_SUPERVISOR = """
import sys, time
from pathlib import Path
from provision.built_in.postgres import BuiltInPostgres
postgres = BuiltInPostgres(Path(sys.argv[1]))
postgres.start()
print("up", flush=True)
time.sleep(60)
"""


@contextmanager
def _supervisor(script: str, data_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that starts the server; whatever becomes of the test, it does not stay."""
    command = [sys.executable, "-c", script, str(data_dir)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"up\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="provision-built-in-"))
    folder.chmod(0o711)
    yield folder / "data"
    shutil.rmtree(folder)


@pytest.fixture
def hidden_data_dir() -> Iterator[Path]:
    """Below a folder that only we may enter, as a root's home is."""
    folder = Path(tempfile.mkdtemp(prefix="provision-built-in-"))
    yield folder / "data"
    shutil.rmtree(folder)


def _enter(database: BuiltInDatabase, name: str | None = None) -> psycopg.Connection:
    return psycopg.connect(
        host=database.host,
        port=database.port,
        user=database.user,
        password=database.password,
        dbname=name or database.database,
        autocommit=True,
    )


def test_rows_survive_a_stop_and_a_second_start(data_dir: Path) -> None:
    postgres = BuiltInPostgres(data_dir)
    postgres.start()
    database = postgres.database_for("ana")
    with _enter(database) as connection:
        connection.execute("CREATE TABLE kept (n int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    postgres.stop()

    again = BuiltInPostgres(data_dir)
    again.start()
    try:
        assert again.port == database.port
        with _enter(database) as connection:
            assert connection.execute("SELECT n FROM kept").fetchall() == [(7,)]
    finally:
        again.stop()


def test_a_role_enters_its_own_database_only(data_dir: Path) -> None:
    postgres = BuiltInPostgres(data_dir)
    postgres.start()
    try:
        ana, ben = postgres.database_for("ana"), postgres.database_for("ben")
        _enter(ana).close()
        for name in (ben.database, "postgres", "template1"):
            with pytest.raises(psycopg.OperationalError):
                _enter(ana, name)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(host=ana.host, port=ana.port, user=ana.user, dbname=ana.database)
    finally:
        postgres.stop()


def test_a_killed_supervisor_takes_the_server_along_and_a_second_start_succeeds(
    data_dir: Path,
) -> None:
    with _supervisor(_SUPERVISOR, data_dir) as supervisor:
        supervisor.kill()

    postgres = BuiltInPostgres(data_dir)
    postgres.start()
    postgres.database_for("ana")
    postgres.stop()


def test_a_killed_server_recovers(data_dir: Path) -> None:
    postgres = BuiltInPostgres(data_dir)
    postgres.start()
    database = postgres.database_for("ana")
    pid = int((data_dir / "postgres/cluster/postmaster.pid").read_text().split("\n")[0])
    os.kill(pid, signal.SIGKILL)
    postgres.stop()
    time.sleep(0.2)  # its children notice and leave

    again = BuiltInPostgres(data_dir)
    again.start()
    _enter(database).close()
    again.stop()


def test_a_server_that_ended_by_itself_is_revived_on_its_port(data_dir: Path) -> None:
    postgres = BuiltInPostgres(data_dir)
    postgres.start()
    try:
        database, port = postgres.database_for("ana"), postgres.port
        postgres.revive()
        _enter(database).close()
        pid = int((data_dir / "postgres/cluster/postmaster.pid").read_text().split("\n")[0])
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            postgres.revive()
            with contextlib.suppress(psycopg.OperationalError):
                _enter(database).close()
                break
            time.sleep(0.1)
        _enter(database).close()
        assert postgres.port == port
    finally:
        postgres.stop()


def test_a_server_that_was_stopped_stays_so(data_dir: Path) -> None:
    postgres = BuiltInPostgres(data_dir)
    postgres.start()
    database = postgres.database_for("ana")
    postgres.stop()
    postgres.revive()
    with pytest.raises(psycopg.OperationalError):
        _enter(database)


def test_a_second_supervisor_of_one_folder_is_refused(data_dir: Path) -> None:
    postgres = BuiltInPostgres(data_dir)
    postgres.start()
    try:
        with pytest.raises(SettingsError, match="already run by another process"):
            BuiltInPostgres(data_dir).start()
    finally:
        postgres.stop()


def test_it_runs_where_only_our_account_may_enter(hidden_data_dir: Path) -> None:
    postgres = BuiltInPostgres(hidden_data_dir)
    postgres.start()
    _enter(postgres.database_for("ana")).close()
    postgres.stop()

    again = BuiltInPostgres(hidden_data_dir)
    again.start()
    again.stop()


def test_the_password_is_readable_by_us_alone(data_dir: Path) -> None:
    postgres = BuiltInPostgres(data_dir)
    postgres.start()
    try:
        assert (data_dir / "postgres/admin.password").stat().st_mode & 0o777 == 0o600
        assert data_dir.stat().st_mode & 0o777 in (0o700, 0o711)
        assert "password" not in repr(postgres.database_for("ana"))
    finally:
        postgres.stop()


def test_a_server_that_is_down_is_said_to_be(data_dir: Path) -> None:
    postgres = BuiltInPostgres(data_dir)
    postgres.start()
    postgres.stop()
    with pytest.raises(UnreachableError) as caught:
        postgres.database_for("ana")
    assert caught.value.__cause__ is None
    assert "password" not in str(caught.value)


def test_asking_again_keeps_the_rows_and_breaks_no_connection_saved_before(data_dir: Path) -> None:
    postgres = BuiltInPostgres(data_dir)
    postgres.start()
    try:
        first = postgres.database_for("ana")
        with _enter(first) as connection:
            connection.execute("CREATE TABLE kept (n int)")
        with ThreadPoolExecutor(4) as pool:
            again = set(pool.map(postgres.database_for, ["ana"] * 8))
        assert again == {first}
        with _enter(first) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        assert postgres.database_for("ben").password != first.password
    finally:
        postgres.stop()


def test_a_password_stands_nowhere_in_what_the_server_keeps(data_dir: Path) -> None:
    postgres = BuiltInPostgres(data_dir)
    postgres.start()
    try:
        password = postgres.database_for("ana").password.encode()
    finally:
        postgres.stop()
    kept = [path for path in (data_dir / "postgres").rglob("*") if path.is_file()]
    assert any(path.name == "pg_stat_statements.stat" for path in kept)
    assert not [path for path in kept if password in path.read_bytes()]


def test_what_a_killed_supervisor_has_forked_does_not_keep_the_folder(data_dir: Path) -> None:
    # Only one of the two says so: unbuffered, both would write into the same line.
    forking = _SUPERVISOR.replace('print("up"', 'os.fork() and print("up"').replace(
        "import sys", "import os, sys"
    )
    with _supervisor(forking, data_dir) as supervisor:
        path = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children")
        forked = [int(pid) for pid in path.read_text().split() if _runs_python(pid)]
        supervisor.kill()
    try:
        postgres = BuiltInPostgres(data_dir)
        postgres.start()
        postgres.stop()
    finally:
        for pid in forked:
            os.kill(pid, signal.SIGKILL)
    assert forked


def _runs_python(pid: str) -> bool:
    return "python" in Path(f"/proc/{pid}/exe").readlink().name
