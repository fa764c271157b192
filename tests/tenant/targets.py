"""Targets and registries on the test server, and what that server says about our connections."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from provision.tenant.connection.connect import connect
from provision.tenant.connection.deadline import Deadline
from provision.tenant.host.target import Target
from provision.tenant.network.policy import NetworkPolicy
from provision.tenant.pool.bounds import Bounds
from provision.tenant.pool.registry import EngineRegistry

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL, Connection

    from tests.conftest import Server

LOOPBACK = NetworkPolicy(loopback=True)


def target_of(url: URL, *, port: int | None = None, sslmode: str = "disable") -> Target:
    """The target of a URL of the test server, or of a proxy's `port` in front of it."""
    return Target(
        host=str(url.host),
        port=port or int(url.port or 5432),
        database=str(url.database),
        user=str(url.username),
        password=str(url.password),
        sslmode=sslmode,
    )


def met_target_of(url: URL, *, port: int | None = None) -> Target:
    """The same after its first contact, as it is sealed: made at the server, whatever the port."""
    with connect(
        Deadline(10.0), target_of(url), policy=LOOPBACK, query_timeout_s=10.0, max_result_bytes=None
    ) as connection:
        assert connection.target is not None
        assert connection.target.had_contact
        return replace(connection.target, port=port or connection.target.port)


def registry_of(
    load_target: Callable[[str], Target] | Target,
    *,
    keep_target: Callable[[str, Target], None] | None = None,
    forgotten: Callable[[list[str]], set[str]] | None = None,
    **bounds: Any,
) -> EngineRegistry:
    """Make a registry that gives up soon; a single target stands for every tenant."""
    load = (lambda _: load_target) if isinstance(load_target, Target) else load_target
    soon: dict[str, Any] = {"connect_timeout_s": 3.0, "query_timeout_s": 3.0}
    return EngineRegistry(
        load,
        policy=LOOPBACK,
        bounds=Bounds(**(soon | bounds)),
        keep_target=keep_target,
        forgotten=forgotten,
    )


def one(connection: Connection, owner_id: str) -> int:
    """The smallest query."""
    return int(connection.execute(text("SELECT 1")).scalar_one())


def backends(server: Server, *, database: str = "%", user: str = "%") -> int:
    """How many client connections of the app this server has."""
    with server.connect() as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " AND application_name = 'provision' AND datname LIKE %s AND usename LIKE %s",
            (database, user),
        ).fetchone()
    assert row is not None
    return int(row[0])
