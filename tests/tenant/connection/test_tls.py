from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from provision.errors import DatabaseTimeoutError, ResultTooLargeError, TenantError
from provision.tenant.connection.connect import connect
from provision.tenant.connection.deadline import Deadline
from tests.patience import LONG_S
from tests.tenant.targets import LOOPBACK, target_of
from tests.tenant.tls_front import Authority, tls_front

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from provision.tenant.connection.driver import TenantConnection
    from provision.tenant.host.target import Target
    from tests.conftest import Database


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def front(database: Database, authority: Authority, tmp_path: Path) -> Iterator[int]:
    """The port of TLS in front of the test's server, with a certificate for 127.0.0.1."""
    context = authority.context(tmp_path, names=["127.0.0.1"])
    with tls_front(int(database.url.port or 0), context) as port:
        yield port


@pytest.fixture
def target(database: Database, front: int, authority: Authority) -> Target:
    found = target_of(database.url, port=front, sslmode="verify-full")
    return replace(found, ca_certificate=authority.pem)


def open_one(target: Target, *, max_result_bytes: int | None = None) -> TenantConnection:
    return connect(
        Deadline(5.0),
        target,
        policy=LOOPBACK,
        query_timeout_s=1.0,
        max_result_bytes=max_result_bytes,
    )


@pytest.mark.parametrize("sslmode", ["verify-full", "verify-ca", "require", "prefer"])
def test_every_mode_is_encrypted_where_the_server_can(target: Target, sslmode: str) -> None:
    with open_one(replace(target, sslmode=sslmode)) as connection:
        assert connection.pgconn.ssl_in_use
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("sslmode", ["verify-full", "verify-ca"])
def test_an_authority_nobody_pasted_is_not_trusted(target: Target, sslmode: str) -> None:
    for pasted in (None, Authority().pem):
        with pytest.raises(TenantError) as caught:
            open_one(replace(target, sslmode=sslmode, ca_certificate=pasted))
        assert caught.value.code == "tls_untrusted"


def test_a_certificate_for_another_name_is_not_trusted(
    database: Database, authority: Authority, tmp_path: Path
) -> None:
    context = authority.context(tmp_path, names=["db.example.org"])
    with tls_front(int(database.url.port or 0), context) as port:
        target = replace(
            target_of(database.url, port=port, sslmode="verify-full"),
            ca_certificate=authority.pem,
        )
        with pytest.raises(TenantError) as caught:
            open_one(target)
        assert caught.value.code == "tls_untrusted"
        open_one(replace(target, sslmode="verify-ca")).close()


def test_a_home_directory_full_of_certificates_changes_nothing(
    target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".postgresql").mkdir()
    for name in ("postgresql.crt", "postgresql.key", "root.crt", "root.crl"):
        (tmp_path / ".postgresql" / name).write_text("no certificate")
    for sslmode in ("verify-full", "require"):
        open_one(replace(target, sslmode=sslmode)).close()


def test_deadline_and_limit_hold_under_tls(target: Target) -> None:
    connection = open_one(target)
    begun = time.monotonic()
    with pytest.raises(DatabaseTimeoutError):
        connection.execute("SELECT pg_sleep(120)")
    assert time.monotonic() - begun < LONG_S
    connection = open_one(target, max_result_bytes=1 << 20)
    with pytest.raises(ResultTooLargeError):
        connection.execute("SELECT repeat('x', 1000), generate_series(1, 1000000)")


def test_a_long_answer_arrives_whole_under_tls(target: Target) -> None:
    with open_one(target, max_result_bytes=8 << 20) as connection:
        rows = connection.execute("SELECT repeat('x', 1000), generate_series(1, 3000)").fetchall()
    assert len(rows) == 3000
    assert sum(len(row[0]) for row in rows) == 3_000_000
