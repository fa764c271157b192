"""`provision demo` from an empty folder: what `make run` shows a newcomer."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.running import run, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.running import Running


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One for the whole module: each test goes on from where the one before stopped."""
    # Not below pytest's own temporary folder: that is closed to the server's account.
    made = Path(tempfile.mkdtemp(prefix="provision-demo-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@contextmanager
def _demo(folder: Path) -> Iterator[Running]:
    with running("demo", "--port", "0", directory=folder) as server:
        yield server


def _printed(server: Running, name: str) -> str:
    found = re.search(rf"^  {name}\s+(\S+)$", server.output.decode(), re.MULTILINE)
    assert found, server.output
    return found[1]


def _token(server: Running) -> str:
    answer = server.ask(
        "/api/auth/token",
        {"email": _printed(server, "e-mail"), "password": _printed(server, "password")},
    )
    assert answer.status == 201, answer.body
    return str(answer.json()["token"])


def _counts(server: Running, token: str) -> list[int]:
    return [
        len(server.ask(f"/api/{path}?limit=200", Authorization=f"Bearer {token}").json()[key])
        for path, key in (("projects", "projects"), ("tasks", "tasks"), ("team", "team_members"))
    ]


def test_the_first_start_fills_a_workspace_and_prints_how_to_get_in(folder: Path) -> None:
    with _demo(folder) as server:
        assert f"http://127.0.0.1:{server.port}".encode() in server.output
        token = _token(server)
        assert _counts(server, token) == [6, 64, 6]
        connection = server.ask(
            "/api/user/database-connection", Authorization=f"Bearer {token}"
        ).json()
        assert connection["connected"]
        assert connection["connection"]["name"] == "Halden Studio"
        assert connection["connection"]["schema_version"] == 2
        assert server.stop(signal.SIGINT) == 0
    assert b"Traceback" not in server.output
    # Here and not in a test of its own, which another process than this one might run.
    data = folder / "data"
    assert (data / "demo.txt").stat().st_mode & 0o777 == 0o600
    # The built-in server of another account passes through, and cannot list.
    assert data.stat().st_mode & 0o777 in (0o700, 0o711)
    assert not (data / "postgres" / "cluster" / "postmaster.pid").exists()


def test_a_start_after_a_kill_finds_everything_as_it_was(folder: Path) -> None:
    with _demo(folder) as server:
        password, token = _printed(server, "password"), _token(server)
        member = server.ask("/api/team", {"name": "Somebody new"}, Authorization=f"Bearer {token}")
        assert member.status == 201, member.body
        server.process.kill()
        server.process.wait()
    with _demo(folder) as server:
        assert _printed(server, "password") == password
        assert _counts(server, token) == [6, 64, 7]
        assert server.stop() == 0


def test_a_database_server_killed_under_it_comes_back_by_itself(folder: Path) -> None:
    with _demo(folder) as server:
        token = _token(server)
        pid_file = folder / "data" / "postgres" / "cluster" / "postmaster.pid"
        os.kill(int(pid_file.read_text().split("\n")[0]), signal.SIGKILL)
        end = time.monotonic() + 60
        headers = {"Authorization": f"Bearer {token}"}
        while server.ask("/api/projects", **headers).status != 200:
            assert time.monotonic() < end
            time.sleep(0.5)
        assert _counts(server, token)[:2] == [6, 64]
        assert server.stop() == 0


def test_a_taken_port_is_stepped_over(folder: Path) -> None:
    with _demo(folder) as server:
        taken = server.port
        with tempfile.TemporaryDirectory() as other:
            Path(other).chmod(0o711)
            with running("demo", "--port", str(taken), directory=Path(other)) as second:
                assert taken < second.port <= taken + 100
                assert second.stop() == 0
        assert server.stop() == 0


def test_two_demos_of_one_folder_are_refused_in_one_line(folder: Path) -> None:
    with _demo(folder) as server:
        done = run("demo", "--port", "0", directory=folder)
        assert done.returncode == 1
        assert done.stderr.startswith(b"provision: The built-in PostgreSQL of this data folder")
        assert done.stderr.count(b"\n") == 1
        assert server.stop() == 0


def test_without_the_built_in_server_there_is_no_demo(tmp_path: Path) -> None:
    done = run("demo", directory=tmp_path, settings={"BUILT_IN_POSTGRES": "0"})
    assert done.returncode == 1
    assert done.stderr.startswith(b"provision: PROVISION_BUILT_IN_POSTGRES is off")
