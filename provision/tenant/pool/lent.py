"""A tenant's connection as SQLAlchemy sees it while it is lent.

SQLAlchemy's own pool wrapper would reset, recycle and revive connections at moments of its own.
Here the registry alone decides about them, and this only passes statements on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import PoolProxiedConnection

if TYPE_CHECKING:
    from provision.tenant.connection.driver import TenantConnection


class Loan(PoolProxiedConnection):
    """Valid from lending to `close`; the connection itself stays open for the next call."""

    __slots__ = ("_connection", "_info")

    def __init__(self, connection: TenantConnection) -> None:
        self._connection: TenantConnection | None = connection
        self._info: dict[Any, Any] = {}

    @property
    def dbapi_connection(self) -> TenantConnection | None:  # type: ignore[override]
        return self._connection

    @property
    def driver_connection(self) -> TenantConnection | None:  # type: ignore[override]
        return self._connection

    @property
    def is_valid(self) -> bool:
        return self._connection is not None

    @property
    def is_detached(self) -> bool:
        return False

    @property
    def info(self) -> dict[Any, Any]:
        return self._info

    @property
    def record_info(self) -> dict[Any, Any] | None:
        return None

    @property
    def closed(self) -> bool:
        return self._connection is None or self._connection.closed

    @property
    def broken(self) -> bool:
        return self._connection is not None and self._connection.broken

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        if self._connection is None:
            raise RuntimeError("this connection was given back")
        return self._connection.cursor(*args, **kwargs)

    def commit(self) -> None:
        """Nothing is open: each statement commits by itself."""

    def rollback(self) -> None:
        """Nothing is open: each statement commits by itself."""

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> None:
        """Close it at once; the registry does not take a closed connection back."""
        if self._connection is not None and not soft:
            self._connection.close()

    def detach(self) -> None:
        raise RuntimeError("a lent connection cannot be kept")

    def close(self) -> None:
        self._connection = None

    def _close_special(self, *, transaction_reset: bool = False) -> None:
        self.close()
