from __future__ import annotations

import json

import pytest

from provision.cli.dsn_check import dsn_check_line
from provision.tenant.network.policy import NetworkPolicy

INTRANET = NetworkPolicy("intranet", loopback=True)
PUBLIC = NetworkPolicy("public", loopback=True)
KEYS = {"ok", "code", "detail", "host", "port", "database", "user", "sslmode", "normalized",
        "changes"}  # fmt: skip


def test_a_good_line_is_read_out() -> None:
    answer = dsn_check_line("postgres://u:hunter2@db.example.com/d", PUBLIC)
    assert set(answer) == KEYS
    assert answer["ok"] is True
    assert answer["code"] == "ok"
    assert answer["normalized"] == "postgresql://u:****@db.example.com:5432/d?sslmode=require"
    assert "hunter2" not in json.dumps(answer)


def test_a_blank_line_is_answered_too() -> None:
    answer = dsn_check_line("", PUBLIC)
    assert set(answer) == KEYS
    assert answer["code"] == "format"
    assert answer["normalized"] is None


@pytest.mark.parametrize(
    "host",
    ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "[::ffff:169.254.169.254]",
     "169.254.169.254", "[64:ff9b::a9fe:a9fe]", "[fe80::1]", "0.0.0.0", "[::]", "224.0.0.1",
     "100.100.100.200", "[::1%251]", "\uff11\uff12\uff17.0.0.1"],
)  # fmt: skip
def test_refused_addresses_are_seen_in_every_spelling(host: str) -> None:
    for policy in (INTRANET, PUBLIC):
        answer = dsn_check_line(f"postgresql://u:p@{host}/d", policy)
        assert (answer["ok"], answer["code"]) == (False, "blocked_address")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "10.0.0.1", "[::1]", "192.168.1.1"])
def test_what_the_policy_lets_in_differs(host: str) -> None:
    line = f"postgresql://u:p@{host}/d"
    assert dsn_check_line(line, INTRANET)["ok"]
    assert dsn_check_line(line, PUBLIC)["code"] == "blocked_address"


def test_full_width_localhost_is_localhost() -> None:
    line = "postgresql://u:p@\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54/d"
    assert dsn_check_line(line, PUBLIC)["code"] == "blocked_address"


def test_a_public_host_is_never_reached_in_the_open() -> None:
    weak = "postgresql://u:p@8.8.8.8/d?sslmode={}"
    for policy in (INTRANET, PUBLIC):
        assert dsn_check_line(weak.format("prefer"), policy)["sslmode"] == "require"
        assert dsn_check_line(weak.format("disable"), policy)["code"] == "forbidden_param"
    named = "postgresql://u:p@db.example.com/d?sslmode={}"
    assert dsn_check_line(named.format("allow"), PUBLIC)["sslmode"] == "require"
    assert dsn_check_line(named.format("disable"), PUBLIC)["code"] == "forbidden_param"
    assert dsn_check_line(named.format("disable"), INTRANET)["sslmode"] == "disable"
