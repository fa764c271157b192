from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING

import pytest

from provision.tenant.probe.walk import probe
from tests.patience import LONG_S
from tests.tenant import faulty_servers as faulty
from tests.tenant.targets import LOOPBACK
from tests.tenant.tls_front import Authority, tls_front

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from provision.tenant.probe.report import Report
    from tests.conftest import Database, Server


def _probe(port: int, query: str = "", timeout_s: float = 3.0) -> Report:
    text = f"postgresql://u:hunter2@127.0.0.1:{port}/d{query}"
    begun = time.monotonic()
    report = probe(text, policy=LOOPBACK, timeout_s=timeout_s)
    assert time.monotonic() - begun < LONG_S
    assert "hunter2" not in report.as_json()
    return report


def _failed_stage(report: Report) -> str:
    return next(each.stage for each in report.stages if each.ok is False)


def test_a_closed_port() -> None:
    report = _probe(faulty.closed_port())
    assert (report.code, _failed_stage(report)) == ("connection_refused", "tcp")
    assert "container" in report.remedy


@pytest.mark.parametrize(
    ("talk", "code", "stage"),
    [
        (faulty.closing, "server_closed_connection", "tls"),
        (faulty.http, "not_postgres", "tls"),
        (faulty.mysql, "not_postgres", "tls"),
        (faulty.ssh, "not_postgres", "tls"),
        (faulty.refusing("sorry, too many clients already", "53300"), "too_many_connections",
         "login"),
        (faulty.refusing("the database system is starting up", "57P03"), "server_starting",
         "login"),
        (faulty.refusing("the database system is shutting down", "57P03"), "server_shutting_down",
         "login"),
        (faulty.refusing('no pg_hba.conf entry for host "1.2.3.4", user "u", database "d", '
                         "no encryption"), "access_denied", "login"),
        (faulty.refusing("connection is insecure (try using `sslmode=require`)"), "tls_required",
         "tls"),
        (faulty.refusing("SSL connection is required. Please specify SSL options and retry."),
         "tls_required", "tls"),
        (faulty.refusing('pg_hba.conf rejects connection for host "1.2.3.4", user "u"'),
         "access_denied", "login"),
        (faulty.refusing("Passwort-Authentifizierung für Benutzer »u« fehlgeschlagen", "28P01"),
         "auth_failed", "login"),
        (faulty.refusing("Datenbank »d« existiert nicht", "3D000"), "database_not_found",
         "database"),
        (faulty.refusing("<b>never heard of</b>", "XX000"), "connection_failed", "login"),
        (faulty.asking_for(3), "auth_method_refused", "login"),
        (faulty.asking_for(5), "auth_method_refused", "login"),
        (faulty.asking_for(0), "auth_method_refused", "login"),
    ],
)  # fmt: skip
def test_a_server_that_does_one_thing_wrong(
    talk: Callable[[socket.socket], None], code: str, stage: str
) -> None:
    with faulty.serving(talk) as port:
        report = _probe(port)
    assert (report.code, _failed_stage(report)) == (code, stage)
    assert report.detail
    assert report.remedy
    assert "<b>" not in report.as_json()


def test_a_silent_port_is_left_at_the_limit() -> None:
    with faulty.serving(faulty.silent) as port:
        report = _probe(port, timeout_s=1.0)
    assert report.code == "connect_timeout"
    assert "says nothing" in report.detail


def test_a_login_that_never_ends_is_no_firewall() -> None:
    def stalling(client: socket.socket) -> None:
        if client.recv(8) == struct.pack("!ii", 8, 80877103):  # may TLS be had?
            client.sendall(b"N")
        faulty.silent(client)

    with faulty.serving(stalling) as port:
        report = _probe(port, timeout_s=4.0)
    assert (report.code, _failed_stage(report)) == ("connect_timeout", "login")
    assert "log-in did not end" in report.detail
    assert "No firewall" in report.remedy


def test_a_server_without_tls_where_tls_is_asked_for(database: Database) -> None:
    for mode in ("require", "verify-ca", "verify-full"):
        report = probe(f"{database.connection_string}?sslmode={mode}", policy=LOOPBACK, timeout_s=3)
        assert (report.code, _failed_stage(report)) == ("tls_unsupported", "tls")


def test_a_certificate_that_is_trusted(server: Server, database: Database, tmp_path: Path) -> None:
    authority = Authority()
    with tls_front(server.port, authority.context(tmp_path, names=["localhost"])) as port:
        string = _through(database, port).replace("127.0.0.1", "localhost")
        report = probe(string, policy=LOOPBACK, timeout_s=5, ca_certificate=authority.pem)
    assert report.code == "ok"
    assert report.tls == "verified"
    assert report.target is not None
    assert report.target.sslmode == "verify-full"


def test_a_certificate_nobody_vouches_for(
    server: Server, database: Database, tmp_path: Path
) -> None:
    context = Authority().context(tmp_path, names=["127.0.0.1"])
    with tls_front(server.port, context) as port:
        string = _through(database, port)
        report = probe(string, policy=LOOPBACK, timeout_s=5)
        strict = probe(f"{string}?sslmode=verify-full", policy=LOOPBACK, timeout_s=5)
        other = probe(string, policy=LOOPBACK, timeout_s=5, ca_certificate=Authority().pem)
    assert report.code == "ok"
    assert report.tls == "encrypted"
    assert report.target is not None
    assert report.target.sslmode == "require"
    assert (strict.code, _failed_stage(strict)) == ("tls_untrusted", "tls")
    assert other.code == "tls_untrusted"


def test_a_certificate_of_another_name_or_out_of_date(
    server: Server, database: Database, tmp_path: Path
) -> None:
    authority = Authority()
    for context in (
        authority.context(tmp_path, names=["other.example.com"]),
        authority.context(tmp_path, names=["127.0.0.1"], expired=True),
    ):
        with tls_front(server.port, context) as port:
            report = probe(
                f"{_through(database, port)}?sslmode=verify-full",
                policy=LOOPBACK,
                timeout_s=5,
                ca_certificate=authority.pem,
            )
        assert (report.code, _failed_stage(report)) == ("tls_untrusted", "tls")


def test_a_wrong_password_over_tls_says_so_at_login(
    server: Server, database: Database, tmp_path: Path
) -> None:
    context = Authority().context(tmp_path, names=["127.0.0.1"])
    with tls_front(server.port, context) as port:
        string = _through(database, port).replace(database.password, "hunter2")
        report = probe(string, policy=LOOPBACK, timeout_s=5)
    assert (report.code, _failed_stage(report)) == ("auth_failed", "login")


def test_a_certificate_that_is_none_is_refused_before_connecting(database: Database) -> None:
    report = probe(
        database.connection_string, policy=LOOPBACK, timeout_s=3, ca_certificate="not a PEM"
    )
    assert (report.code, _failed_stage(report)) == ("format", "parse")


def _through(database: Database, port: int) -> str:
    return database.connection_string.replace(f":{database.url.port}/", f":{port}/")
