"""The one SQLAlchemy dialect all tenants share, and what is shared along with it.

A dialect of its own would ask each server about itself at first use: eleven round trips. This one
knows the lowest server we support from constants, which is all our statements need, and nothing a
tenant's server says can change it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from sqlalchemy import URL, Engine, NullPool
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.util import LRUCache

if TYPE_CHECKING:
    from provision.tenant.host.target import Target

LOWEST_SERVER: Final = (13, 0)
_COMPILED_STATEMENTS: Final = 500


class TenantDialect(PGDialect_psycopg):
    """psycopg on connections that commit each statement by themselves.

    SQLAlchemy's own begin, commit and rollback have nothing to do there; a transaction is begun and
    ended in words (`access.transaction`).
    """

    supports_statement_cache = True

    def __init__(self) -> None:
        super().__init__(  # type: ignore[no-untyped-call]
            dbapi=PGDialect_psycopg.import_dbapi(),  # type: ignore[no-untyped-call]
            isolation_level="AUTOCOMMIT",
            use_native_hstore=False,
        )
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


class EngineMaker:
    """Makes engines that differ in their URL only: dialect and compiled statements are shared."""

    def __init__(self) -> None:
        self._dialect: Final = TenantDialect()
        self._pool: Final = NullPool(_refuse, dialect=self._dialect, reset_on_return=None)
        self._compiled: Final[LRUCache[Any, Any]] = LRUCache(_COMPILED_STATEMENTS)

    def engine_for(self, target: Target) -> Engine:
        """Return an engine for `Connection(engine, …)`; it opens no connection of its own."""
        return Engine(
            self._pool,
            self._dialect,
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
    raise RuntimeError("connections to a tenant are lent by the registry only")
