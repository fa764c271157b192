"""Nothing of the account we run as reaches a tenant's connection: tried among traps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import pq

from provision.tenant.connection.libpq import NOWHERE, certificate_file, keywords
from provision.tenant.host.target import Target
from tests.tenant.targets import target_of

if TYPE_CHECKING:
    from tests.conftest import Database

TARGET = Target("db.example.org", 5432, "work", "ada", "s3cret", "require")
CONNECT = """
import sys
from provision.settings import forget_libpq_environment
from provision.tenant.connection.connect import connect
from provision.tenant.connection.deadline import Deadline
from provision.tenant.network.policy import NetworkPolicy
from provision.tenant.host.target import Target

if sys.argv[1] == "forget":
    forget_libpq_environment()
with connect(
    Deadline(5),
    Target.from_secret(sys.stdin.read()),
    policy=NetworkPolicy(loopback=True),
    query_timeout_s=5,
    max_result_bytes=None,
) as connection:
    print(connection.execute(
        "SELECT current_user, current_database(), current_setting('application_name'),"
        " current_setting('statement_timeout'), current_setting('client_encoding')"
    ).fetchone())
"""


def told(
    target: Target = TARGET, *, plain_text: bool = False, certificate: str = ""
) -> dict[str, str]:
    return keywords(
        target,
        address="192.0.2.7",
        certificate=certificate or NOWHERE,
        plain_text=plain_text,
        connect_timeout_s=5.0,
    )


def test_every_keyword_that_a_variable_could_fill_is_told() -> None:
    fillable = {each.keyword.decode() for each in pq.Conninfo.get_defaults() if each.envvar}
    assert fillable - told().keys() == {"service"}


def test_libpq_knows_every_keyword_told() -> None:
    known = {each.keyword.decode() for each in pq.Conninfo.get_defaults()}
    assert told().keys() <= known


def test_the_name_is_kept_for_the_certificate_and_the_address_is_pinned() -> None:
    assert (told()["host"], told()["hostaddr"]) == ("db.example.org", "192.0.2.7")


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer"])
def test_plain_text_only_where_it_may_pass(mode: str) -> None:
    target = Target("db.example.org", 5432, "work", "ada", "s3cret", mode)
    assert told(target, plain_text=True)["sslmode"] == mode
    assert told(target, plain_text=False)["sslmode"] == "require"


def test_no_clear_text_password_is_ever_agreed_to() -> None:
    assert told()["require_auth"] == "scram-sha-256"
    old = Target("h", 5432, "d", "u", "p", "require", allow_md5=True)
    assert told(old)["require_auth"] == "scram-sha-256,md5"


def test_only_the_verifying_modes_are_given_roots() -> None:
    with certificate_file(TARGET) as path:
        assert path == NOWHERE
    verifying = Target("h", 5432, "d", "u", "p", "verify-full")
    with certificate_file(verifying) as path:
        assert "BEGIN CERTIFICATE" in Path(path).read_text()


def test_a_pasted_certificate_lies_in_a_private_file_only_while_connecting() -> None:
    pasted = Target("h", 5432, "d", "u", "p", "verify-ca", ca_certificate="PEM of theirs")
    with certificate_file(pasted) as path:
        assert Path(path).stat().st_mode & 0o077 == 0
        assert Path(path).read_text() == "PEM of theirs"
    assert not Path(path).exists()


@pytest.mark.parametrize("mode", ["forget", "keep"])
def test_a_process_full_of_traps_connects_as_told(
    database: Database, tmp_path: Path, mode: str
) -> None:
    traps = {
        each.envvar.decode(): "trap"
        for each in pq.Conninfo.get_defaults()
        if each.envvar and each.keyword != b"service"
    } | {
        "PGPORT": "1",
        "PGHOSTADDR": "192.0.2.1",
        "PGOPTIONS": "-c statement_timeout=7",
        "PGSSLMODE": "verify-full",
        "PGREQUIREAUTH": "none",
        "PGCLIENTENCODING": "LATIN1",
        "PGTARGETSESSIONATTRS": "standby",
    }
    if mode == "forget":
        traps |= {"PGSERVICE": "trap", "PGSERVICEFILE": str(tmp_path / "services")}
        (tmp_path / "services").write_text(f"[trap]\nsslkeylogfile={tmp_path / 'keys'}\n")
    (tmp_path / ".pgpass").write_text("*:*:*:*:trap\n")
    (tmp_path / ".pgpass").chmod(0o600)
    (tmp_path / ".postgresql").mkdir()
    for name in ("postgresql.crt", "postgresql.key", "root.crt", "root.crl"):
        (tmp_path / ".postgresql" / name).write_text("no certificate")
    home = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(
        [sys.executable, "-c", CONNECT, mode],
        input=target_of(database.url, sslmode="prefer").to_secret(),
        env=home | traps,
        check=False,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    expected = (database.user, database.name, "provision", "0", "UTF8")
    assert done.stdout.strip() == str(expected)
    assert not (tmp_path / "keys").exists()
    assert json.loads(target_of(database.url).to_secret())["password"] not in done.stderr


def test_a_missing_password_is_not_looked_for_in_files(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".pgpass").write_text(f"*:*:*:*:{database.password}\n")
    (tmp_path / ".pgpass").chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / ".pgpass"))
    parameters = told(target_of(database.url.set(password="")), plain_text=True)
    parameters |= {"hostaddr": "127.0.0.1"}
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(**parameters)  # type: ignore[arg-type]
