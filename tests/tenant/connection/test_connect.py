from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest

from provision.errors import (
    AddressRefusedError,
    DatabaseTimeoutError,
    ResultTooLargeError,
    TenantError,
)
from provision.tenant.connection.connect import connect
from provision.tenant.connection.deadline import Deadline
from provision.tenant.connection.driver import TenantConnection, await_hang_ups
from provision.tenant.host.target import Target
from provision.tenant.network.policy import JudgedAddresses, NetworkPolicy
from tests.counting_proxy import CountingProxy
from tests.patience import LONG_S
from tests.tenant.targets import LOOPBACK, backends, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Database, Server


def open_one(
    target: Target,
    *,
    policy: NetworkPolicy = LOOPBACK,
    timeout_s: float = 3.0,
    query_timeout_s: float = 3.0,
    max_result_bytes: int | None = None,
) -> TenantConnection:
    return connect(
        Deadline(timeout_s),
        target,
        policy=policy,
        query_timeout_s=query_timeout_s,
        max_result_bytes=max_result_bytes,
    )


@contextmanager
def listener(answer: bytes | None) -> Iterator[int]:
    """A port that accepts, and says `answer` once to each, or nothing ever."""
    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    client, _ = server.accept()
                except OSError:
                    return
                kept.append(client)
                if stopping.is_set():
                    return
                if answer is not None:
                    client.sendall(answer)

        stopping = threading.Event()
        thread = threading.Thread(target=serve)
        thread.start()
        port: int = server.getsockname()[1]
        yield port
        stopping.set()
        socket.create_connection(("127.0.0.1", port)).close()
        thread.join()
        for each in kept:
            each.close()


def at(port: int) -> Target:
    return Target("127.0.0.1", port, "work", "ada", "s3cret", "disable")


def test_statements_commit_by_themselves_and_nothing_is_prepared(database: Database) -> None:
    with open_one(target_of(database.url)) as connection:
        assert connection.autocommit
        assert connection.prepare_threshold is None
        connection.execute("CREATE TABLE t (a int)")
        assert connection.is_idle
        row = connection.execute("SHOW application_name").fetchone()
        assert row == ("provision",)


def test_a_wrong_password_is_named_and_not_shown(database: Database) -> None:
    target = target_of(database.url.set(password="wr0ng"))
    with pytest.raises(TenantError) as caught:
        open_one(target)
    assert caught.value.code == "auth_failed"
    assert "wr0ng" not in repr(caught.value) + caught.value.detail + caught.value.remedy
    assert caught.value.__cause__ is None


def test_an_address_the_policy_refuses_is_not_connected_to(database: Database) -> None:
    with pytest.raises(AddressRefusedError):
        open_one(target_of(database.url), policy=NetworkPolicy(loopback=False))


def test_the_built_in_server_is_exempt_from_the_policy(database: Database) -> None:
    ours = target_of(database.url)
    exempt = Target(
        ours.host, ours.port, ours.database, ours.user, ours.password, "disable", built_in=True
    )
    open_one(exempt, policy=NetworkPolicy("public", loopback=False)).close()


def test_a_port_that_never_answers_is_left_at_the_deadline() -> None:
    with listener(None) as port:
        begun = time.monotonic()
        with pytest.raises(DatabaseTimeoutError) as caught:
            open_one(at(port), timeout_s=0.5)
        assert caught.value.code == "connect_timeout"
        assert 0.4 < time.monotonic() - begun < LONG_S


def test_a_port_that_closes_and_one_that_speaks_http_are_named() -> None:
    with listener(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        with pytest.raises(TenantError) as caught:
            open_one(at(port), timeout_s=2.0)
        assert caught.value.code == "not_postgres"
    with pytest.raises(TenantError) as refused:
        open_one(at(port))
    assert refused.value.code == "connection_refused"


def test_a_statement_is_left_at_the_deadline_and_the_connection_closed(database: Database) -> None:
    connection = open_one(target_of(database.url), query_timeout_s=0.4)
    begun = time.monotonic()
    with pytest.raises(DatabaseTimeoutError) as caught:
        connection.execute("SELECT pg_sleep(120)")
    assert caught.value.code == "query_timeout"
    assert time.monotonic() - begun < LONG_S
    assert connection.closed
    assert not connection.is_silent


def test_a_whole_call_shares_one_deadline(database: Database) -> None:
    with open_one(target_of(database.url), query_timeout_s=30.0) as connection:
        connection.begin_call(Deadline(0.5))
        connection.execute("SELECT pg_sleep(0.3)")
        with pytest.raises(DatabaseTimeoutError):
            connection.execute("SELECT pg_sleep(0.3)")


def test_a_server_that_falls_silent_is_left_in_query_commit_and_close(database: Database) -> None:
    with CountingProxy(str(database.url.host), int(database.url.port or 0)) as proxy:
        target = target_of(database.url, port=proxy.port)
        asking = open_one(target, query_timeout_s=0.4)
        committing = open_one(target, query_timeout_s=0.4)
        closing = open_one(target, query_timeout_s=0.4)
        committing.execute("BEGIN")
        proxy.fall_silent()
        for connection, statement in ((asking, "SELECT 1"), (committing, "COMMIT")):
            begun = time.monotonic()
            with pytest.raises(DatabaseTimeoutError):
                connection.execute(statement.encode())
            assert time.monotonic() - begun < LONG_S
        begun = time.monotonic()
        closing.close()
        assert time.monotonic() - begun < LONG_S


def test_a_notice_flood_ends_at_the_deadline(database: Database) -> None:
    with open_one(target_of(database.url), query_timeout_s=0.7) as connection:
        begun = time.monotonic()
        with pytest.raises(DatabaseTimeoutError):
            connection.execute(
                "DO $$ BEGIN LOOP RAISE NOTICE '%', repeat('n', 500); END LOOP; END $$"
            )
        assert time.monotonic() - begun < LONG_S


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT repeat('x', 1000), generate_series(1, 10000000)",
        "SELECT repeat('x', 20000000)",
        "DO $$ BEGIN LOOP RAISE NOTICE '%', repeat('n', 5000); END LOOP; END $$",
    ],
)
def test_an_answer_without_end_is_cut_off(database: Database, statement: str) -> None:
    connection = open_one(target_of(database.url), max_result_bytes=1 << 20)
    begun = time.monotonic()
    with pytest.raises(ResultTooLargeError) as caught:
        connection.execute(statement.encode())
    assert time.monotonic() - begun < LONG_S
    assert "1,024 KiB" in caught.value.detail
    assert connection.closed


def test_answers_within_the_limit_add_up_without_harm(database: Database) -> None:
    with open_one(target_of(database.url), max_result_bytes=1 << 20) as connection:
        for _ in range(4):
            rows = connection.execute("SELECT repeat('x', 400000)").fetchall()
            assert len(rows[0][0]) == 400000


def test_a_killed_backend_is_seen_without_a_round_trip(server: Server, database: Database) -> None:
    with open_one(target_of(database.url)) as connection:
        assert connection.is_silent
        server.execute(f"SELECT pg_terminate_backend({connection.info.backend_pid})")
        wait_until(lambda: not connection.is_silent)


def test_hanging_up_waits_until_the_server_counts_one_less(
    server: Server, database: Database
) -> None:
    connection = open_one(target_of(database.url))
    assert backends(server, database=database.name) == 1
    await_hang_ups([connection.hang_up()], 2.0)
    assert backends(server, database=database.name) == 0
    assert connection.hang_up() is None


def test_a_name_with_several_addresses_reaches_the_one_that_answers(database: Database) -> None:
    class TwoAddresses(NetworkPolicy):
        def resolve(
            self, host: str, port: int, *, timeout_s: float, exempt: bool = False
        ) -> JudgedAddresses:
            return JudgedAddresses(("127.0.0.2", "127.0.0.1"), plain_text=True)

    target = target_of(database.url)
    with open_one(target, policy=TwoAddresses(loopback=True)) as connection:
        assert connection.info.hostaddr == "127.0.0.1"


def test_a_mode_that_allows_plain_text_is_raised_where_the_policy_does_not(
    database: Database,
) -> None:
    class Public(NetworkPolicy):
        def lets_plain_text_pass(self, resolved: object) -> bool:
            return False

    with pytest.raises(TenantError) as caught:
        open_one(target_of(database.url), policy=Public(loopback=True))
    assert caught.value.code == "tls_unsupported"


def test_an_interrupted_call_closes_its_connection(database: Database) -> None:
    connection = open_one(target_of(database.url))

    class Interrupting(Deadline):
        def remaining(self) -> float:
            raise KeyboardInterrupt

    connection.begin_call(Interrupting(1.0))
    with pytest.raises(KeyboardInterrupt):
        connection.execute("SELECT 1")
    assert connection.closed


def test_psycopg_still_raises_its_own_errors_inside(database: Database) -> None:
    with open_one(target_of(database.url)) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("SELECT 1/0")
        assert connection.is_idle


def wait_until(holds: object, limit_s: float = 3.0) -> None:
    assert callable(holds)
    until = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.01)
