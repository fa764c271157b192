"""`dsn check` and `db check`: programs read what they print."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.running import PROVISION, call, environment, run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Database

_DSN_KEYS = [
    *("ok", "code", "detail", "host", "port", "database", "user", "sslmode", "normalized"),
    "changes",
]
_DB_KEYS = [
    *("ok", "code", "detail", "remedy", "stages", "server_version", "latency_ms", "tls"),
    *("can_create_tables", "schema"),
]


def _dsn_check(
    directory: Path, text: bytes, *options: str, **settings: str
) -> tuple[int, list[dict[str, Any]]]:
    done = call(*("dsn", "check", *options), directory=directory, stdin=text, settings=settings)
    assert done.stderr == b""
    assert done.stdout.isascii()
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def test_each_line_gets_one_object_blank_ones_too(tmp_path: Path) -> None:
    text = b"postgresql://u:secret@db.example.org/app\n\nnonsense\n"
    code, found = _dsn_check(tmp_path, text)
    assert code == 1
    assert [each["code"] for each in found] == ["ok", "format", "format"]
    assert all(list(each) == _DSN_KEYS for each in found)
    assert found[0]["host"] == "db.example.org"
    assert found[0]["normalized"].startswith("postgresql://u:****@db.example.org:5432/app")
    assert found[1]["normalized"] is None


def test_all_good_ends_with_zero(tmp_path: Path) -> None:
    text = b"postgresql://u:p@db.example.org/app"
    done = run("dsn", "check", directory=tmp_path, stdin=text)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == _dsn_check(tmp_path, text)[1][0]


def test_nothing_in_is_nothing_out(tmp_path: Path) -> None:
    assert _dsn_check(tmp_path, b"") == (0, [])


def test_a_line_ends_at_a_line_feed_only(tmp_path: Path) -> None:
    text = "postgresql://u:p@h.example/a\rb\x0bc\x0cd\x85e\u2028f\n".encode()
    _, found = _dsn_check(tmp_path, text)
    assert len(found) == 1
    assert not found[0]["ok"]


def test_bytes_that_are_no_text_are_refused_and_printed_as_ascii(tmp_path: Path) -> None:
    code, found = _dsn_check(tmp_path, b"postgresql://u:\xff\xfe@h.example/d\n\x00\n\xc3\xa9\n")
    assert code == 1
    assert len(found) == 3
    assert not any(each["ok"] for each in found)


def test_what_it_normalises_to_normalises_to_itself(tmp_path: Path) -> None:
    text = b"psql 'postgres://u:p%40ss@db.example.org/app?sslmode=verify-full'\n"
    _, first = _dsn_check(tmp_path, text)
    _, second = _dsn_check(tmp_path, first[0]["normalized"].encode())
    assert second[0]["normalized"] == first[0]["normalized"]


def test_the_policy_comes_from_the_option_before_the_setting(tmp_path: Path) -> None:
    text = b"postgresql://u:p@127.0.0.1/d\npostgresql://u:p@10.1.2.3/d\n"

    def codes(*options: str, **settings: str) -> list[str]:
        return [each["code"] for each in _dsn_check(tmp_path, text, *options, **settings)[1]]

    assert codes() == ["ok", "ok"]
    assert codes("--policy", "public") == ["blocked_address", "blocked_address"]
    assert codes(NETWORK_POLICY="public") == ["blocked_address", "blocked_address"]
    assert codes("--policy", "intranet", NETWORK_POLICY="public") == ["ok", "ok"]
    assert codes(DENY_NETWORKS="10.0.0.0/8") == ["ok", "blocked_address"]


@pytest.mark.parametrize("text", ["postgresql://u:hush@[::ffff:169.254.169.254]/d", "u:hush@h"])
def test_a_refused_string_never_repeats_its_password(tmp_path: Path, text: str) -> None:
    done = call("dsn", "check", directory=tmp_path, stdin=text.encode())
    assert done.returncode == 1
    assert b"hush" not in done.stdout + done.stderr


def test_a_database_that_can_be_used_is_reported_stage_by_stage(
    tmp_path: Path, database: Database
) -> None:
    done = call("db", "check", directory=tmp_path, stdin=database.connection_string.encode())
    assert done.returncode == 0, done.stdout
    found = json.loads(done.stdout)
    assert list(found) == _DB_KEYS
    assert (found["ok"], found["code"], found["remedy"]) == (True, "ok", "")
    assert [each["stage"] for each in found["stages"]] == [
        *("parse", "dns", "tcp", "tls", "login", "database", "rights", "version", "schema")
    ]
    assert all(each["ok"] and each["ms"] >= 0 for each in found["stages"])
    assert found["can_create_tables"] is True
    assert found["schema"]["state"] == "missing"
    assert database.password not in done.stdout.decode()


def test_a_database_that_cannot_be_used_ends_with_one(tmp_path: Path, database: Database) -> None:
    text = database.connection_string.replace(database.password, "wrong")
    done = call("db", "check", directory=tmp_path, stdin=f"{text}\n".encode())
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert list(found) == _DB_KEYS
    assert (found["ok"], found["code"]) == (False, "auth_failed")
    assert found["remedy"]
    assert found["schema"] is None


def test_no_variable_of_libpq_reaches_a_tenants_connection(
    tmp_path: Path, database: Database
) -> None:
    traps = {"PGHOSTADDR": "203.0.113.1", "PGSERVICE": "trap", "PGOPTIONS": "-c trap=1"}
    done = subprocess.run(
        [*PROVISION, "db", "check"],
        cwd=tmp_path,
        env=environment({}) | traps,
        input=database.connection_string.encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
