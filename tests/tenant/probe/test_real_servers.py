"""Faults of real servers, 15 and 18: rules, full, starting, stopping, replicas."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.tenant.doctor import check, found
from tests.tenant.real_servers import DEBIAN_15, WHEEL_18, Cluster, made_by

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", params=[DEBIAN_15, WHEEL_18], ids=["15", "18"])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    with made_by(request.param) as made:
        yield made


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("host all all 10.0.0.0/8 scram-sha-256", ("access_denied", "login")),
        ("host all all all reject", ("access_denied", "login")),
        ("host all all all trust", ("auth_method_refused", "login")),
        ("host all all all password", ("auth_method_refused", "login")),
        ("host shop guest all scram-sha-256", ("access_denied", "login")),
    ],
)
def test_what_pg_hba_can_say(cluster: Cluster, rules: str, expected: tuple[str, str]) -> None:
    with cluster.running(rules=rules) as port:
        assert found(check(cluster.string(port))) == expected


def test_md5_is_refused_until_it_is_allowed(cluster: Cluster) -> None:
    with cluster.running(rules="host all aged all md5") as port:
        string = cluster.string(port, user="aged")
        assert found(check(string)) == ("auth_method_refused", "login")
        allowed = check(string, allow_md5=True)
    assert found(allowed) == ("permission_denied", "rights")


def test_a_full_server(cluster: Cluster) -> None:
    with ExitStack() as stack:
        port = stack.enter_context(
            cluster.running("max_connections=5", "superuser_reserved_connections=2")
        )
        for _ in range(2):
            stack.enter_context(cluster.connect(port))
        nearly = check(cluster.string(port))
        stack.enter_context(cluster.connect(port))
        reserved = check(cluster.string(port))
        for _ in range(2):
            stack.enter_context(cluster.connect(port))
        full = check(cluster.string(port))
    assert found(nearly) == ("ok", "schema")
    assert "no other connection is free" in nearly.stages[7].detail
    assert found(reserved) == found(full) == ("too_many_connections", "login")


def test_a_server_that_starts(cluster: Cluster) -> None:
    mark = cluster.data / "recovery.signal"
    mark.touch()
    try:
        with cluster.running("restore_command=sleep 60", until_up=False) as port:
            assert found(check(cluster.string(port))) == ("server_starting", "login")
    finally:
        mark.unlink(missing_ok=True)


@pytest.mark.parametrize(
    ("hot", "expected"),
    [("on", ("read_only", "rights")), ("off", ("server_starting", "login"))],
)
def test_a_replica(cluster: Cluster, hot: str, expected: tuple[str, str]) -> None:
    mark = cluster.data / "standby.signal"
    mark.touch()
    try:
        with cluster.running(f"hot_standby={hot}", until_up=hot == "on") as port:
            assert found(check(cluster.string(port))) == expected
    finally:
        mark.unlink(missing_ok=True)


def test_a_server_that_stops(cluster: Cluster) -> None:
    with cluster.running() as port, cluster.connect(port):
        pid = int((cluster.data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGTERM)
        time.sleep(0.2)
        assert found(check(cluster.string(port))) == ("server_shutting_down", "login")
