"""Where keys do not last a password is used, and no server makes more work of it than is usual."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from provision.errors import TenantError
from provision.tenant.connection.connect import connect
from provision.tenant.connection.deadline import Deadline
from provision.tenant.connection.guarded_login import MOST_ROUNDS
from provision.tenant.host.target import Target
from tests.tenant import faulty_servers as faulty
from tests.tenant.scram_server import asking_for_rounds
from tests.tenant.targets import LOOPBACK, target_of
from tests.tenant.tls_front import Authority, tls_front

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from tests.conftest import Database, Server

MANY = 2_147_483_647


def _target(port: int) -> Target:
    return Target("127.0.0.1", port, "d", "u", "hunter2", "disable", changes_salt=True)


def _fail(target: Target) -> str:
    """The code it fails with; another one if it ran into the limit."""
    with pytest.raises(TenantError) as caught:
        connect(
            Deadline(5), target, policy=LOOPBACK, query_timeout_s=5, max_result_bytes=None
        ).close()
    return caught.value.code


def test_an_honest_server_lets_it_in(database: Database) -> None:
    target = replace(target_of(database.url), changes_salt=True)
    with connect(
        Deadline(5), target, policy=LOOPBACK, query_timeout_s=5, max_result_bytes=None
    ) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert connection.target == target


def test_an_honest_server_lets_it_in_over_tls(
    server: Server, database: Database, tmp_path: Path
) -> None:
    context = Authority().context(tmp_path, names=["127.0.0.1"])
    with tls_front(server.port, context) as port:
        target = replace(target_of(database.url, port=port, sslmode="require"), changes_salt=True)
        with connect(
            Deadline(5), target, policy=LOOPBACK, query_timeout_s=5, max_result_bytes=None
        ) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            assert connection.target == target


def test_a_wrong_password_is_told(database: Database) -> None:
    target = replace(target_of(database.url.set(password="wrong")), changes_salt=True)
    assert _fail(target) == "auth_failed"


@pytest.mark.parametrize("rounds", [MOST_ROUNDS + 1, MANY])
def test_too_many_rounds_are_not_computed(rounds: int) -> None:
    seen: list[bytes] = []
    with faulty.serving(asking_for_rounds(rounds, seen)) as port:
        assert _fail(_target(port)) == "auth_method_refused"
    assert [each for each in seen if each] == []


def test_too_many_rounds_are_not_computed_under_tls(tmp_path: Path) -> None:
    context = Authority().context(tmp_path, names=["127.0.0.1"])
    with (
        faulty.serving(asking_for_rounds(MANY)) as hidden,
        tls_front(hidden, context) as port,
    ):
        target = replace(_target(port), sslmode="require")
        assert _fail(target) == "auth_method_refused"


@pytest.mark.parametrize("cut", [3, 12, 40])
def test_a_challenge_sent_in_pieces_is_seen_as_a_whole(cut: int) -> None:
    def in_pieces(client: socket.socket, message: bytes) -> None:
        client.sendall(message[:cut])
        time.sleep(0.1)
        client.sendall(message[cut:])

    with faulty.serving(asking_for_rounds(MANY, send=in_pieces)) as port:
        assert _fail(_target(port)) == "auth_method_refused"


def test_a_challenge_begun_too_early_is_seen() -> None:
    with faulty.serving(asking_for_rounds(MANY, early=True)) as port:
        assert _fail(_target(port)) == "auth_method_refused"
