"""SQLAlchemy's view of tenants: one dialect they share, and a connection that is checked out.

A dialect for each tenant would ask its server about itself at first use: eleven round trips. This
one knows the lowest server we support from constants, which is all our statements need, and nothing
a tenant's server says can change it. A second one is for servers without transaction numbers.

SQLAlchemy's own pool wrapper would reset, recycle and revive connections at moments of its own.
Here the registry alone decides about them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from sqlalchemy import URL, Engine, NullPool, PoolProxiedConnection
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.util import LRUCache

if TYPE_CHECKING:
    from provision.tenant.connection.driver import TenantConnection
    from provision.tenant.host.target import Target

LOWEST_SERVER: Final = (13, 0)
_COMPILED_STATEMENTS: Final = 500


class TenantDialect(PGDialect_psycopg):
    """Speak through psycopg on connections that commit each statement by themselves.

    SQLAlchemy's own begin, commit and rollback have nothing to do there: `access.transaction` sends
    BEGIN and COMMIT as statements.
    """

    supports_statement_cache = True

    def __init__(self, *, versions_by_hash: bool = False) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            dbapi=PGDialect_psycopg.import_dbapi(),  # type: ignore[no-untyped-call]
            isolation_level="AUTOCOMMIT",
            use_native_hstore=False,
        )
        self.versions_by_hash: Final = versions_by_hash
        self.server_version_info = LOWEST_SERVER
        self.default_schema_name = "public"
        self.default_isolation_level = "READ COMMITTED"
        self.supports_smallserial = True
        self.supports_identity_columns = True
        self.supports_virtual_generated_columns = False
        self._backslash_escapes = False
        self._supports_drop_index_concurrently = True
        self._supports_jsonb_subscripting = False
        self._has_native_hstore = False

    def initialize(self, connection: Any) -> None:
        """Ask nothing: everything is known from `__init__`."""

    def do_begin(self, dbapi_connection: Any) -> None:
        """Send nothing."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """Send nothing."""

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Send nothing."""


class CheckedOut(PoolProxiedConnection):
    """Pass statements on until `close`; the connection stays open for the next call."""

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
            raise RuntimeError("this connection is checked in")
        return self._connection.cursor(*args, **kwargs)

    def commit(self) -> None:
        """Do nothing: each statement commits by itself."""

    def rollback(self) -> None:
        """Do nothing: each statement commits by itself."""

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> None:
        """Close it at once; the registry checks no closed connection in."""
        if self._connection is not None and not soft:
            self._connection.close()

    def detach(self) -> None:
        raise RuntimeError("a connection cannot be taken out of the pool")

    def close(self) -> None:
        self._connection = None

    def _close_special(self, *, transaction_reset: bool = False) -> None:
        self.close()


class EngineMaker:
    """Make engines that differ in their URL only: dialect and compiled statements are shared."""

    def __init__(self) -> None:
        self._dialects: Final = {
            by_hash: TenantDialect(versions_by_hash=by_hash) for by_hash in (False, True)
        }
        self._pool: Final = NullPool(_refuse, dialect=self._dialects[False], reset_on_return=None)
        self._compiled: Final[LRUCache[Any, Any]] = LRUCache(_COMPILED_STATEMENTS)

    def engine_for(self, target: Target) -> Engine:
        """Return an engine for `Connection(engine, …)`; it opens no connection of its own."""
        return Engine(
            self._pool,
            self._dialects[target.versions_by_hash],
            # Without the password: nobody connects by this.
            URL.create(
                "postgresql+psycopg",
                username=target.user,
                host=target.host,
                port=target.port,
                database=target.database,
            ),
            query_cache_size=0,
            execution_options={"compiled_cache": self._compiled},
            hide_parameters=True,
        )


def _refuse() -> NoReturn:
    raise RuntimeError("connections to a tenant come from the registry only")
