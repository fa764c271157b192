"""`provision serve` as an operator meets it: started, asked, stopped."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provision.security_headers import SECURITY
from provision.server.refusals import ADDRESS_TOO_LONG, HEADERS_TOO_LARGE, NOT_UNDERSTOOD
from tests.running import run, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from provision.server.refusals import Refusal
    from tests.conftest import Database
    from tests.running import Running

_CREDENTIALS = json.dumps({"email": "nobody@example.org", "password": "of no use"}).encode()
_HEAD = (
    b"POST /api/auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n"
) % len(_CREDENTIALS)
_CHUNKED_HEAD = re.sub(rb"Content-Length: \d+", b"Transfer-Encoding: chunked", _HEAD)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("serve")
    with running("serve", "--port", "0", "--threads", "4", directory=folder) as started:
        yield started


def _connect(server: Running) -> socket.socket:
    return socket.create_connection((server.host, server.port), timeout=20)


def _read_all(connection: socket.socket) -> bytes:
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


def _log_so_far(server: Running) -> bytes:
    log = server.process.stdout
    assert log is not None
    os.set_blocking(log.fileno(), False)
    server.output += log.read() or b""
    return bytes(server.output)


def _read_until(connection: socket.socket, end: bytes) -> bytes:
    seen = b""
    while end not in seen:
        piece = connection.recv(65536)
        assert piece, seen
        seen += piece
    return seen


def test_it_answers_and_does_not_tell_its_version(serving: Running) -> None:
    answer = serving.ask("/healthz")
    assert answer.status == 200
    assert not any(each.isdigit() for each in answer.headers["Server"])


def test_a_new_installation_leads_to_registration(serving: Running) -> None:
    assert 'name="password"' in serving.ask("/register").body


@pytest.mark.parametrize(
    ("junk", "says"),
    [
        (b"GET\r\n\r\n", NOT_UNDERSTOOD),
        (b"G<b>T /secret-1 HTTP/1.1\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET /\xff?secret-1 HTTP/1.1\r\nHost: x\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET / HTTP/1.1\r\nHost: x\r\nCo okie: secret-1\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: secret-1\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: secret-1\x01\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET / HTTP/1.1\nHost: x\nA: secret-1\n\n", NOT_UNDERSTOOD),
        (
            b"GET /secret-1" + b"x" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
            ADDRESS_TOO_LONG,
        ),
        (
            b"GET / HTTP/1.1\r\nHost: x\r\nCookie: secret-1" + b"x" * 9000 + b"\r\n\r\n",
            HEADERS_TOO_LARGE,
        ),
        (
            b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: secret-1\r\n" * 101 + b"\r\n",
            HEADERS_TOO_LARGE,
        ),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nExpect: secret-1\r\nContent-Length: 0\r\n\r\n",
            NOT_UNDERSTOOD,
        ),
    ],
)
def test_what_is_no_request_is_answered_as_everything_else_and_repeated_nowhere(
    serving: Running, junk: bytes, says: Refusal
) -> None:
    with _connect(serving) as client:
        client.sendall(junk)
        head, _, body = _read_all(client).decode().partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert status == "HTTP/1.1 400 Bad Request"
    assert SECURITY.items() <= headers.items()
    assert (headers["Cache-Control"], headers["Connection"]) == ("no-store", "close")
    assert body == f"{says.detail}\n"
    assert b"secret-1" not in _log_so_far(serving)


def test_silent_connections_keep_nobody_waiting(serving: Running) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(_connect(serving))
        begun = time.monotonic()
        assert serving.ask("/healthz").status == 200
        # With a thread waiting for each, this took five seconds.
        assert time.monotonic() - begun < 4


@pytest.mark.parametrize(
    "half",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        _HEAD + _CREDENTIALS[:5],
        _CHUNKED_HEAD + b"5\r\nhel",
        b"POST /api/auth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\nx",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost",
    ],
    ids=["head", "body", "chunk", "too large", "second"],
)
def test_half_sent_requests_keep_nobody_waiting(serving: Running, half: bytes) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(_connect(serving)).sendall(half)
        begun = time.monotonic()
        for _ in range(5):
            assert serving.ask("/healthz").status == 200
        assert time.monotonic() - begun < 4


def test_clients_that_do_not_hang_up_keep_nobody_waiting(serving: Running) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            client = stack.enter_context(_connect(serving))
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert _read_all(client).startswith(b"HTTP/1.1 200 ")
        begun = time.monotonic()
        assert serving.ask("/healthz").status == 200
        # gunicorn bids each of them farewell for two seconds, one after the other.
        assert time.monotonic() - begun < 10


def test_more_connections_than_are_kept_leave_room_for_the_next(serving: Running) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(1100):
            with contextlib.suppress(ConnectionError):
                stack.enter_context(_connect(serving)).sendall(b"GET / HT")
        assert serving.ask("/healthz").status == 200


def test_a_body_in_chunks_or_after_leave_to_send_it_is_understood(serving: Running) -> None:
    with _connect(serving) as client:
        client.sendall(_CHUNKED_HEAD)
        for each in _CREDENTIALS:
            client.sendall(b"1\r\n%c\r\n" % each)
        client.sendall(b"0\r\n\r\n")
        assert _read_until(client, b'"invalid_credentials"}').startswith(b"HTTP/1.1 401 ")
        client.sendall(_HEAD.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(_CREDENTIALS)
        assert b"HTTP/1.1 401 " in _read_until(client, b'"invalid_credentials"}')


def test_requests_sent_in_one_go_are_answered_in_turn(serving: Running) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    last = one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with _connect(serving) as client:
        client.sendall(one + _HEAD + _CREDENTIALS + one + last)
        answers = _read_all(client)
    assert re.findall(rb"HTTP/1\.1 (\d+) ", answers) == [b"200", b"401", b"200", b"200"]


def test_what_is_too_large_is_refused_before_it_is_all_there(serving: Running) -> None:
    with _connect(serving) as client:
        client.sendall(_HEAD.replace(b"Length: ", b"Length: 99999") + b"x" * 300_000)
        answer = _read_all(client)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"too_large" in answer


def test_nobody_is_believed_to_be_a_proxy(serving: Running) -> None:
    answer = serving.ask("/register", X_Forwarded_Proto="https", X_Forwarded_For="203.0.113.9")
    assert "Strict-Transport-Security" not in answer.headers
    assert "Secure" not in answer.headers["Set-Cookie"].split("; ")


def test_what_it_makes_is_closed_to_others(tmp_path: Path) -> None:
    with running("serve", "--port", "0", directory=tmp_path) as server:
        assert server.ask("/register").status == 200
        data = tmp_path / "data"
        assert data.stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in data.iterdir()} == {0o600}
        assert server.stop() == 0
    assert b"PROVISION_ENCRYPTION_KEY is not set" in server.output
    assert (data / "secret.key").read_bytes().strip() not in server.output


def test_what_is_in_flight_is_finished_and_nothing_new_is_taken_in(tmp_path: Path) -> None:
    with running("serve", "--port", "0", directory=tmp_path) as server:
        with _connect(server) as under_way:
            under_way.sendall(_HEAD + _CREDENTIALS[:5])
            time.sleep(0.3)
            server.process.send_signal(signal.SIGTERM)
            _wait_until_refused(server)
            under_way.sendall(_CREDENTIALS[5:])
            answer = _read_all(under_way)
        assert answer.startswith(b"HTTP/1.1 401 ")
        assert b"invalid_credentials" in answer
        assert server.wait() == 0
    assert b"Traceback" not in server.output


def test_connections_to_tenants_are_kept_while_it_runs_and_closed_when_it_stops(
    tmp_path: Path, database: Database
) -> None:
    made = run(
        *("users", "create", "ana@example.org", "--name", "Ana"),
        directory=tmp_path,
        stdin=b"a long enough password\n",
    )
    assert made.returncode == 0, made.stderr
    with running("serve", "--port", "0", directory=tmp_path) as server:
        credentials = {"email": "ana@example.org", "password": "a long enough password"}
        token = server.ask("/api/auth/token", credentials).json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        pasted = {"connectionString": database.connection_string}
        assert server.ask("/api/user/database-connection", pasted, **bearer).status == 200
        applied = server.ask("/api/user/database-connection/schema", {}, **bearer)
        assert applied.json()["state"] == "ready"
        assert server.ask("/api/projects", {"name": "Kept"}, **bearer).status == 201
        with database.connect() as connection:
            assert _connections_of_ours(connection) >= 1
            assert server.stop() == 0
            assert _connections_of_ours(connection) == 0
            assert connection.execute("SELECT name FROM projects").fetchall() == [("Kept",)]
    assert database.password.encode() not in server.output


def _connections_of_ours(connection: psycopg.Connection) -> int:
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ).fetchone()
    assert row is not None
    return int(row[0])


def _wait_until_refused(server: Running) -> None:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            _connect(server).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.05)
    raise AssertionError("new connections are still taken in")


def test_control_c_stops_it_cleanly(tmp_path: Path) -> None:
    with running("serve", "--port", "0", directory=tmp_path) as server:
        assert server.stop(signal.SIGINT) == 0
    assert b"Traceback" not in server.output
    assert server.output.rstrip().endswith(b"Stopped")


def test_several_workers_share_one_address(tmp_path: Path) -> None:
    with running("serve", "--port", "0", "--workers", "2", directory=tmp_path) as server:
        assert {server.ask("/healthz").status for _ in range(20)} == {200}
        assert server.stop() == 0
    assert server.output.count(b"Listening on") == 1


def _sum_of(server: Running, sample: str) -> float:
    found = re.search(rf"^{re.escape(sample)} (\S+)$", server.ask("/metrics").body, re.MULTILINE)
    return float(found[1]) if found else 0.0


def _wait_for(server: Running, sample: str, value: float) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with contextlib.suppress(OSError):  # it came to a worker that was just killed
            if _sum_of(server, sample) == value:
                return
        time.sleep(0.1)
    raise AssertionError(f"{sample} is not {value}")


def test_metrics_are_those_of_all_workers_and_outlive_them(tmp_path: Path) -> None:
    health = 'provision_request_seconds_count{route="/healthz",method="GET",status="2xx"}'
    with running("serve", "--port", "0", "--workers", "2", directory=tmp_path) as server:
        _wait_for(server, "provision_workers", 2)
        for _ in range(20):
            server.ask("/healthz")
        _wait_for(server, health, 20)
        time.sleep(1.5)  # by then each has told the other what it counted
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
        for worker in children.read_text().split():
            os.kill(int(worker), signal.SIGKILL)
            _wait_for(server, "provision_workers", 2)
        _wait_for(server, health, 20)
        assert server.stop() == 0
    assert b"Traceback" not in server.output


def test_a_taken_port_is_said_in_one_line(serving: Running, tmp_path: Path) -> None:
    done = run("serve", "--port", str(serving.port), directory=tmp_path)
    assert done.returncode == 1
    assert done.stderr.decode() == (
        f"provision: PROVISION_PORT {serving.port} is taken by another program; "
        "choose another port\n"
    )


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("THREADS", "none", "PROVISION_THREADS is 'none'"),
        ("HOST", "203.0.113.9", "PROVISION_HOST is '203.0.113.9'; this program cannot listen"),
        ("HOST", "no such host", "PROVISION_HOST is 'no such host'; it may be a name"),
        ("HOST", "x.invalid", "PROVISION_HOST is 'x.invalid', which is not known here"),
        ("CONTROL_URL", "postgresql://u:hush@127.0.0.1:1/d", "PROVISION_CONTROL_URL: "),
        ("DATA_DIR", "taken", "PROVISION_"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(
    tmp_path: Path, name: str, value: str, says: str
) -> None:
    (tmp_path / "taken").write_text("a file, not a folder")
    done = run("serve", "--port", "0", directory=tmp_path, settings={name: value})
    assert done.returncode == 1
    assert done.stderr.decode().startswith(f"provision: {says}")
    assert done.stderr.count(b"\n") == 1
    assert b"hush" not in done.stderr


def test_a_key_that_is_not_the_stores_stops_the_start_with_one_line(tmp_path: Path) -> None:
    right, wrong = "the right key for this store", "some other key for this store"
    arguments = ("serve", "--port", "0")
    with running(*arguments, directory=tmp_path, settings={"ENCRYPTION_KEY": right}) as server:
        assert server.stop() == 0
    done = run(*arguments, directory=tmp_path, settings={"ENCRYPTION_KEY": wrong})
    assert done.returncode == 1
    assert done.stderr.startswith(b"provision: PROVISION_ENCRYPTION_KEY is not the key")
    assert done.stderr.count(b"\n") == 1
    assert wrong.encode() not in done.stderr


def test_the_built_in_server_is_refused_to_the_wsgi_callable(tmp_path: Path) -> None:
    from provision import create_app
    from provision.errors import SettingsError
    from provision.settings import load_settings

    settings = load_settings("wsgi", {"PROVISION_BUILT_IN_POSTGRES": "1"}, tmp_path)
    with pytest.raises(SettingsError, match="PROVISION_BUILT_IN_POSTGRES"):
        create_app(settings)
