"""What one test of a string costs, counted: readings, look-ups, connections, child processes."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from provision.tenant.connection import first_contact
from provision.tenant.dsn import reading
from provision.tenant.network import policy as network
from provision.tenant.probe.walk import probe
from tests.counting_proxy import CountingProxy
from tests.tenant import faulty_servers as faulty
from tests.tenant.targets import LOOPBACK
from tests.tenant.tls_front import Authority, tls_front

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

    from provision.tenant.probe.report import Report
    from tests.conftest import Database, Server

_COUNTED = {
    each.__code__: each.__name__
    for each in (
        reading.parse,
        reading.admit,
        network.NetworkPolicy.judge_literal,
        network.NetworkPolicy._look_up,
        first_contact.make,
    )
}


@pytest.fixture
def calls() -> Iterator[Counter[str]]:
    """What was called meanwhile, counted by the interpreter, nothing replaced."""
    counted: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code in _COUNTED:
            counted[_COUNTED[frame.f_code]] += 1

    sys.setprofile(note)
    yield counted
    sys.setprofile(None)


def _string(database: Database, proxy: CountingProxy) -> str:
    # A name, so that it is looked up.
    host = f"localhost:{proxy.port}/"
    return database.connection_string.replace(f"127.0.0.1:{database.url.port}/", host)


def _ms(report: Report) -> dict[str, int]:
    return {each.stage: each.ms or 0 for each in report.stages}


def test_a_string_is_read_judged_and_resolved_once(
    server: Server, database: Database, calls: Counter[str]
) -> None:
    with CountingProxy(server.host, server.port) as proxy:
        report = probe(_string(database, proxy), policy=LOOPBACK, timeout_s=20)
        assert report.ok
        # To greet it, for the first contact, and to work: keys need a log-in of their own.
        assert proxy.accepted == 3
    assert calls == {"parse": 1, "admit": 1, "judge_literal": 1, "_look_up": 1, "make": 1}


def test_a_saved_target_is_judged_and_resolved_once(
    server: Server, database: Database, calls: Counter[str]
) -> None:
    with CountingProxy(server.host, server.port) as proxy:
        known = probe(_string(database, proxy), policy=LOOPBACK, timeout_s=20).target
        assert known is not None
        calls.clear()
        assert probe(known, policy=LOOPBACK, timeout_s=20).ok
        assert proxy.accepted == 5
    assert calls == {"judge_literal": 1, "_look_up": 1}


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_certificate_costs_no_second_first_contact(
    server: Server, database: Database, tmp_path: Path, calls: Counter[str], is_trusted: bool
) -> None:
    authority = Authority()
    context = authority.context(tmp_path, names=["localhost"])
    with (
        tls_front(server.port, context) as port,
        CountingProxy("127.0.0.1", port) as proxy,
    ):
        report = probe(
            _string(database, proxy),
            policy=LOOPBACK,
            timeout_s=20,
            ca_certificate=authority.pem if is_trusted else None,
        )
        assert report.tls == ("verified" if is_trusted else "encrypted")
        assert proxy.accepted == 3
    assert (calls["make"], calls["_look_up"]) == (1, 1)


def test_each_stage_is_timed_by_itself(server: Server, database: Database, tmp_path: Path) -> None:
    trip_s = 0.1
    authority = Authority()
    context = authority.context(tmp_path, names=["localhost"])
    with (
        tls_front(server.port, context) as port,
        CountingProxy("127.0.0.1", port, trip_s=trip_s) as proxy,
    ):
        string = _string(database, proxy)
        report = probe(string, policy=LOOPBACK, timeout_s=30, ca_certificate=authority.pem)
        wrong = probe(string.replace(database.password, "no"), policy=LOOPBACK, timeout_s=30)
    assert report.ok
    ms = _ms(report)
    # One trip asks for TLS, at least one shakes hands; two log-ins are many more.
    assert ms["tls"] >= 2 * trip_s * 1000
    assert ms["login"] >= 6 * trip_s * 1000
    assert ms["login"] > ms["tls"]
    assert wrong.code == "auth_failed"
    assert _ms(wrong)["tls"] >= 2 * trip_s * 1000
    assert _ms(wrong)["login"] >= 3 * trip_s * 1000


def test_a_server_that_falls_silent_in_the_handshake_stops_at_tls() -> None:
    with faulty.serving(_silent_after_yes) as port:
        text = f"postgresql://u:hunter2@127.0.0.1:{port}/d?sslmode=require"
        report = probe(text, policy=LOOPBACK, timeout_s=1.0)
    failed = next(each for each in report.stages if each.ok is False)
    assert (report.code, failed.stage) == ("connect_timeout", "tls")
    assert (failed.ms or 0) >= 900


def _silent_after_yes(client: Any) -> None:
    client.recv(8)
    client.sendall(b"S")
    faulty.silent(client)
