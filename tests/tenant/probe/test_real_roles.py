"""Faults of roles, databases and strings on real servers, 15 and 18."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tenant.doctor import check, found
from tests.tenant.real_servers import DEBIAN_15, PASSWORD, WHEEL_18, Cluster, made_by

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", params=[DEBIAN_15, WHEEL_18], ids=["15", "18"])
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    with made_by(request.param) as made:
        yield made


@pytest.fixture(scope="module")
def port(cluster: Cluster) -> Iterator[int]:
    with cluster.running() as port:
        yield port


@pytest.mark.parametrize(
    ("user", "database", "expected"),
    [
        ("ana", "shop", ("ok", "schema")),
        ("nobody", "shop", ("auth_failed", "login")),
        ("locked", "shop", ("auth_failed", "login")),
        ("expired", "shop", ("auth_failed", "login")),
        ("unset", "shop", ("auth_failed", "login")),
        ("aged", "shop", ("auth_failed", "login")),
        ("narrow", "shop", ("too_many_connections", "login")),
        ("stranger", "shop", ("access_denied", "login")),
        ("guest", "shop", ("permission_denied", "rights")),
        ("careful", "shop", ("read_only", "rights")),
        ("ana", "no_such", ("database_not_found", "database")),
        ("ana", "closed", ("access_denied", "login")),
        ("ana", "crowded", ("too_many_connections", "login")),
        ("ana", "broken", ("database_not_found", "database")),
    ],
)
def test_what_a_role_or_a_database_can_have_wrong(
    cluster: Cluster, port: int, user: str, database: str, expected: tuple[str, str]
) -> None:
    assert found(check(cluster.string(port, user=user, database=database))) == expected


def test_a_wrong_password_and_none(cluster: Cluster, port: int) -> None:
    string = cluster.string(port)
    assert found(check(string.replace(PASSWORD, "wrong"))) == ("auth_failed", "login")
    assert found(check(string.replace(f":{PASSWORD}", ""))) == ("auth_failed", "login")


def test_a_server_without_tls_where_it_is_asked_for(cluster: Cluster, port: int) -> None:
    report = check(f"{cluster.string(port)}?sslmode=require")
    assert found(report) == ("tls_unsupported", "tls")


def test_a_search_path_that_leads_nowhere_is_named_as_such(cluster: Cluster, port: int) -> None:
    cluster.execute(port, "ALTER ROLE ana SET search_path = nowhere")
    try:
        report = check(cluster.string(port))
    finally:
        cluster.execute(port, "ALTER ROLE ana RESET search_path")
    assert found(report) == ("permission_denied", "rights")
    assert "ALTER ROLE ana RESET search_path;" in report.remedy
