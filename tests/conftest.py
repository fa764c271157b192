"""Fixtures for all: one real PostgreSQL a test run, one fresh database a test that wants one."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import URL, make_url

from provision.built_in.postgres import BuiltInPostgres

if TYPE_CHECKING:
    from collections.abc import Iterator

# A test's database need not survive a power cut.
_FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class Server:
    """A running PostgreSQL and its superuser; to apps of `data_dir` it is their built-in server."""

    def __init__(self, postgres: BuiltInPostgres, data_dir: Path) -> None:
        self.data_dir = data_dir
        admin = make_url(postgres.admin_url())
        self.host = str(admin.host)
        self.port = int(admin.port or 0)
        self.admin_user = str(admin.username)
        self.admin_password = str(admin.password)
        self._left: list[tuple[str, str]] = []

    def url(self, database: str, user: str | None = None, password: str | None = None) -> URL:
        return URL.create(
            "postgresql+psycopg",
            user or self.admin_user,
            password or self.admin_password,
            self.host,
            self.port,
            database,
        )

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return _connect(self.url(database))

    def execute(self, statement: sql.SQL | sql.Composed | str, database: str = "postgres") -> None:
        with self.connect(database) as connection:
            connection.execute(statement.encode() if isinstance(statement, str) else statement)

    def create_database(self, owner: str | None = None) -> str:
        self._drop_left()
        name = f"t_{secrets.token_hex(6)}"
        self.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(owner or self.admin_user)
            )
        )
        return name

    def create_role(self) -> tuple[str, str]:
        """A login role; returns its name and password."""
        self._drop_left()
        name, password = f"r_{secrets.token_hex(6)}", secrets.token_hex(12)
        self.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                sql.Identifier(name), sql.Literal(password)
            )
        )
        return name, password

    def leave(self, database: str, role: str) -> None:
        """Drop them before the next is made: an app that is still connected costs 100 ms."""
        self._left.append((database, role))

    def _drop_left(self) -> None:
        while self._left:
            self.drop(*self._left.pop())

    def drop(self, database: str, role: str) -> None:
        self.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        )
        self.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


@dataclass(frozen=True, slots=True)
class Database:
    """A fresh database and the role that owns it."""

    name: str
    user: str
    password: str
    url: URL

    @property
    def connection_string(self) -> str:
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def connect(self) -> psycopg.Connection:
        """An autocommitting connection as the owning role."""
        return _connect(self.url)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    # Not below pytest's own temporary folder: that is closed to the server's account.
    folder = Path(tempfile.mkdtemp(prefix="provision-test-"))
    folder.chmod(0o711)
    postgres = BuiltInPostgres(folder / "data", options=_FAST)
    postgres.start()
    yield Server(postgres, folder / "data")
    postgres.stop()
    shutil.rmtree(folder)


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    with fresh_database(server) as made:
        yield made


@contextmanager
def fresh_database(server: Server) -> Iterator[Database]:
    """One more database beside that of the fixture."""
    user, password = server.create_role()
    name = server.create_database(owner=user)
    yield Database(name, user, password, server.url(name, user, password))
    server.leave(name, user)


def _connect(url: URL) -> psycopg.Connection:
    return psycopg.connect(
        host=url.host,
        port=url.port,
        user=url.username,
        password=url.password,
        dbname=url.database,
        autocommit=True,
    )
