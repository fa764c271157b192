"""TLS as a real server does it: Debian's 15, with certificates of all kinds."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.tenant.doctor import check, found
from tests.tenant.real_servers import DEBIAN_15, NOBODY, SCRAM, Cluster, made_by
from tests.tenant.tls_front import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with made_by(DEBIAN_15) as made:
        yield made


@contextmanager
def encrypting(cluster: Cluster, pem: Path, *options: str, rules: str = SCRAM) -> Iterator[int]:
    """The port of a server with the key and certificate in `pem`."""
    path = cluster.folder / "server.pem"
    path.write_bytes(pem.read_bytes())
    path.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    files = (f"ssl_cert_file={path}", f"ssl_key_file={path}")
    with cluster.running("ssl=on", *files, *options, rules=rules) as port:
        yield port


def test_a_server_that_takes_encrypted_connections_only(cluster: Cluster, tmp_path: Path) -> None:
    pem = Authority().write(tmp_path, names=["127.0.0.1"])
    with encrypting(cluster, pem, rules="hostssl all all all scram-sha-256") as port:
        string = cluster.string(port)
        plain = check(f"{string}?sslmode=disable")
        free = check(string)
    assert found(plain) == ("tls_required", "tls")
    assert "sslmode=require" in plain.remedy
    assert (free.code, free.tls) == ("ok", "encrypted")


def test_a_server_that_lets_nobody_in_encrypted_or_not(cluster: Cluster, tmp_path: Path) -> None:
    pem = Authority().write(tmp_path, names=["127.0.0.1"])
    with encrypting(cluster, pem, rules="hostssl all guest all scram-sha-256") as port:
        assert found(check(cluster.string(port))) == ("access_denied", "login")


def test_a_certificate_signed_by_itself(cluster: Cluster, tmp_path: Path) -> None:
    with encrypting(cluster, Authority().write_own(tmp_path)) as port:
        string = cluster.string(port)
        assert check(string).tls == "encrypted"
        strict = check(f"{string}?sslmode=verify-full")
        semi_strict = check(f"{string}?sslmode=verify-ca")
    assert found(strict) == found(semi_strict) == ("tls_untrusted", "tls")


def test_a_certificate_of_an_authority_that_was_pasted(cluster: Cluster, tmp_path: Path) -> None:
    authority = Authority()
    with encrypting(cluster, authority.write(tmp_path, names=["127.0.0.1"])) as port:
        report = check(cluster.string(port), ca_certificate=authority.pem)
        marked = check(cluster.string(port), ca_certificate=f"\ufeff{authority.pem}")
    assert marked.code == "ok"
    assert (report.code, report.tls) == ("ok", "verified")


@pytest.mark.parametrize(("names", "expired"), [(["db.example.org"], False), (["127.0.0.1"], True)])
def test_a_certificate_of_another_name_or_out_of_date(
    cluster: Cluster, tmp_path: Path, names: list[str], expired: bool
) -> None:
    authority = Authority()
    with encrypting(cluster, authority.write(tmp_path, names=names, expired=expired)) as port:
        report = check(f"{cluster.string(port)}?sslmode=verify-full", ca_certificate=authority.pem)
    assert found(report) == ("tls_untrusted", "tls")


def test_a_server_that_wants_a_certificate_of_ours(cluster: Cluster, tmp_path: Path) -> None:
    authority = Authority()
    pem = authority.write(tmp_path, names=["127.0.0.1"])
    rules = "hostssl all all all scram-sha-256 clientcert=verify-ca"
    with encrypting(cluster, pem, f"ssl_ca_file={cluster.folder}/server.pem", rules=rules) as port:
        assert found(check(cluster.string(port))) == ("access_denied", "login")


def test_a_server_whose_tls_is_too_old(cluster: Cluster, tmp_path: Path) -> None:
    pem = Authority().write(tmp_path, names=["127.0.0.1"])
    options = (
        "ssl_min_protocol_version=TLSv1",
        "ssl_max_protocol_version=TLSv1.1",
        "ssl_ciphers=ALL:@SECLEVEL=0",
    )
    with encrypting(cluster, pem, *options) as port:
        report = check(f"{cluster.string(port)}?sslmode=require")
    assert found(report) == ("tls_unsupported", "tls")


def test_a_wrong_password_is_sent_once_over_tls(cluster: Cluster, tmp_path: Path) -> None:
    pem = Authority().write(tmp_path, names=["127.0.0.1"])
    with encrypting(cluster, pem, "log_connections=on") as port:
        log = cluster.folder / "log"
        report = check(cluster.string(port).replace("ana:", "ana:not"))
    assert found(report) == ("auth_failed", "login")
    assert log.read_text().count("password authentication failed") == 1
