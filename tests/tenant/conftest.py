"""A tenant's database as the queries see it: one autocommitting SQLAlchemy connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, create_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Database


@pytest.fixture
def conn(database: Database) -> Iterator[Connection]:
    """A connection to a fresh, empty database, as the role that owns it."""
    engine = create_engine(database.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()
