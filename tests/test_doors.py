"""The doors of the real server, tried by many at once and through several processes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.redis_server import redis_server, redis_url
from tests.running import Answer, Running, call, running
from tests.tenant.real_servers import free_port

if TYPE_CHECKING:
    from pathlib import Path

EMAIL = "ana@example.org"
PASSWORD = "correct horse battery"


def _add_ana(directory: Path) -> None:
    made = call(
        *("users", "create", EMAIL, "--name", "Ana"),
        directory=directory,
        stdin=PASSWORD.encode() + b"\n",
    )
    assert made.returncode == 0, made.stderr


def _try(server: Running, password: str, address: str = "192.0.2.1") -> Answer:
    body = {"email": EMAIL, "password": password}
    return server.ask("/api/auth/token", body, X_Forwarded_For=address)


def test_of_many_tries_at_once_ten_are_let_in_whatever_process_they_reach(tmp_path: Path) -> None:
    _add_ana(tmp_path)
    settings = {"TRUSTED_PROXIES": "1"}
    arguments = ("serve", "--port", "0", "--workers", "2")
    with running(*arguments, directory=tmp_path, settings=settings) as server:
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda n: _try(server, f"wrong {n}"), range(20)))
        # Some of twenty at once may have found the queue before the hashes full, and not counted.
        answers += [_try(server, f"wrong still {n}") for n in range(10)]
        statuses = [answer.status for answer in answers]
        assert statuses.count(401) == 10
        assert statuses.count(429) == 20
        refused = _try(server, PASSWORD)
        assert refused.status == 429
        assert 1 <= int(refused.headers["Retry-After"]) <= 300
        assert refused.json()["code"] == "rate_limited"
        assert _try(server, PASSWORD, "192.0.2.2").status == 201
        assert server.stop() == 0


def test_machines_with_one_redis_share_the_doors(tmp_path: Path) -> None:
    port = free_port()
    settings = {"TRUSTED_PROXIES": "1", "RATE_LIMIT_URL": redis_url(port)}
    here, there = tmp_path / "here", tmp_path / "there"
    for directory in (here, there):
        directory.mkdir()
        _add_ana(directory)
    with (
        redis_server(port),
        running("serve", "--port", "0", directory=here, settings=settings) as one,
        running("serve", "--port", "0", directory=there, settings=settings) as other,
    ):
        for server in (one, other):
            for _ in range(5):
                assert _try(server, "wrong").status == 401
        for server in (one, other):
            assert _try(server, PASSWORD).status == 429
            assert _try(server, PASSWORD, "192.0.2.2").status == 201
