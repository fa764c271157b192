"""`provision dsn check`: judge one connection string, and describe it as a JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.errors import ConnectionStringError
from provision.tenant.dsn.reading import admit, parse

if TYPE_CHECKING:
    from provision.tenant.network.policy import NetworkPolicy


def dsn_check_line(text: str, policy: NetworkPolicy) -> dict[str, Any]:
    """Judge one connection string without resolving or connecting; never raises for bad text."""
    try:
        reading = admit(parse(text), policy)
    except ConnectionStringError as error:
        return {
            "ok": False,
            "code": error.code,
            "detail": error.detail,
            "host": None,
            "port": None,
            "database": None,
            "user": None,
            "sslmode": None,
            "normalized": None,
            "changes": [],
        }
    target = reading.target
    return {
        "ok": True,
        "code": "ok",
        "detail": "This reads as a PostgreSQL connection string." if reading.provider is None
        else f"This is a database at {reading.provider.name}.",
        "host": target.host,
        "port": target.port,
        "database": target.database,
        "user": target.user,
        "sslmode": target.sslmode,
        "normalized": reading.normalized,
        "changes": list(reading.changes),
    }  # fmt: skip
