"""What strangers and their databases cost the real server in memory, and that it is given back."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.memory import MemoryWatch
from tests.running import Running, call, running
from tests.tenant.faulty_servers import serving
from tests.tenant.floods import ENDING, ENDLESS, flooding
from tests.tenant.real_servers import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Database

_EMAILS = ("ana@example.org", "ben@example.org")
_PASSWORD = "correct horse battery"
_AT_ONCE = 8
_MOST_MB = 150
# What any server takes while it warms up, and pages of the allocator in use elsewhere.
_LEFT_MB = 60


def _accounts(directory: Path) -> list[str]:
    """Two accounts; returns a token for each."""
    tokens = []
    for email in _EMAILS:
        made = call(
            *("users", "create", email, "--name", "Ana"),
            directory=directory,
            stdin=f"{_PASSWORD}\n".encode(),
        )
        assert made.returncode == 0, made.stderr
        token = call("token", "create", email, "--name", "test", directory=directory)
        tokens.append(token.stdout.decode().split()[-1])
    return tokens


def _connect(server: Running, token: str, database: Database, port: int) -> None:
    text = database.url.set(drivername="postgresql", port=port).render_as_string(
        hide_password=False
    )
    bearer = {"Authorization": f"Bearer {token}"}
    body = {"connection_string": text}
    saved = server.ask("/api/user/database-connection", body, **bearer)
    assert saved.status == 200, saved.body
    applied = server.ask("/api/user/database-connection/schema", {}, **bearer)
    assert applied.status == 200, applied.body


@pytest.mark.parametrize(
    "kind", ["notifications", "parameters", "rows", "a gigabyte in a row", "many rows"]
)
def test_eight_requests_to_hostile_databases_cost_little_and_leave_nothing(
    tmp_path: Path, database: Database, kind: str
) -> None:
    floods: list[Callable[[], Iterator[bytes]]] = []
    real = (str(database.url.host), int(database.url.port or 5432))
    tokens = _accounts(tmp_path)

    def ask(number: int) -> int:
        bearer = {"Authorization": f"Bearer {tokens[number % len(tokens)]}"}
        return server.ask("/api/projects", **bearer).status

    with (
        serving(flooding(real, lambda: floods[0] if floods else None)) as port,
        running("serve", "--port", "0", directory=tmp_path) as server,
        ThreadPoolExecutor(_AT_ONCE) as pool,
    ):
        # A full pipe would hold the server up.
        log = server.process.stdout
        threading.Thread(target=log.read if log else None, daemon=True).start()
        for token in tokens:
            _connect(server, token, database, port)
        assert set(pool.map(ask, range(_AT_ONCE * 4))) == {200}
        with MemoryWatch(server.process.pid) as watch:
            floods.append({**ENDLESS, **ENDING}[kind])
            assert set(pool.map(ask, range(_AT_ONCE * 2))) == {503}
            assert watch.most - watch.base < _MOST_MB
            wait_until(lambda: watch.now() - watch.base < _LEFT_MB)
        assert server.ask("/healthz").status == 200


def test_forty_sign_ins_at_once_leave_nothing(tmp_path: Path) -> None:
    _accounts(tmp_path)

    def sign_in(number: int) -> int:
        body = {"email": f"nobody{number}@example.org", "password": "wrong horse battery"}
        return server.ask("/api/auth/token", body).status

    settings = {"LIMITS": "off"}
    with (
        running("serve", "--port", "0", directory=tmp_path, settings=settings) as server,
        MemoryWatch(server.process.pid) as watch,
        ThreadPoolExecutor(40) as pool,
    ):
        for _ in range(3):
            assert set(pool.map(sign_in, range(40))) <= {401, 429}
        # Four hashes at once, 19 MiB each.
        assert watch.most - watch.base < _MOST_MB
        wait_until(lambda: watch.now() - watch.base < _LEFT_MB)
