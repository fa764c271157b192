from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from provision.tenant.connection.libpq import certificate_file
from provision.tenant.host.target import Target


def _file_for(host: str) -> str:
    target = Target(host, 5432, "db", "user", "secret", "verify-full")
    with certificate_file(target) as path:
        return path


@pytest.mark.parametrize(
    "host",
    ["mydb.abc123.eu-central-1.rds.amazonaws.com", "MyDb.abc.cn-north-1.RDS.amazonaws.com.cn."],
)
def test_rds_is_verified_against_its_own_roots(host: str) -> None:
    path = _file_for(host)
    assert path.endswith("aws-rds.pem")
    assert ssl.create_default_context(cafile=path).get_ca_certs()


@pytest.mark.parametrize(
    "host",
    [
        "my.proxy-abc123.eu-central-1.rds.amazonaws.com",
        "ep-quiet-fjord.eu-central-1.aws.neon.tech",
        "rds.amazonaws.com.evil.example",
        "evilrds.amazonaws.com",
    ],
)
def test_everybody_else_is_verified_against_this_machines_roots(host: str) -> None:
    assert not _file_for(host).endswith("aws-rds.pem")


def test_the_roots_of_today_are_among_them() -> None:
    bundle = Path(_file_for("a.b.rds.amazonaws.com")).read_bytes()
    roots = x509.load_pem_x509_certificates(bundle)
    now = datetime.now(UTC)
    valid = [root.subject.rfc4514_string() for root in roots if root.not_valid_after_utc > now]
    assert any("eu-central-1" in name and "RSA2048 G1" in name for name in valid)
