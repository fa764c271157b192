"""What the tests of the wizard share: its addresses, and people with other rights or databases."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from psycopg import sql

from tests.conftest import Database

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

    from tests.conftest import Server
    from tests.web.conftest import Visitor

STEP = "/auth/setup-database"
CONNECTION = f"{STEP}/connection"
READ = f"{CONNECTION}/read"
SCHEMA = f"{STEP}/schema"

TABLES = {"profiles", "projects", "team_members", "tasks", "provision_workspaces"}


def paste(visitor: Visitor, text: str, *, htmx: bool = False, **fields: str) -> TestResponse:
    """Send the connection form."""
    return visitor.post_form(CONNECTION, {"connection_string": text, **fields}, htmx=htmx)


def connect_by_form(visitor: Visitor, database: Database) -> None:
    """Connect through the form; the tables are another matter."""
    visitor.database = database
    answer = paste(visitor, database.connection_string)
    assert answer.status_code == 303, answer.text


def is_connected(visitor: Visitor) -> bool:
    answer = visitor.api("GET", "/api/user/database-connection").json
    assert answer is not None
    return bool(answer["connected"])


def tables_in(database: Database) -> set[str]:
    with database.connect() as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {name for (name,) in rows.fetchall()}


def run_as_owner(server: Server, database: Database, statements: str) -> None:
    server.execute(statements, database.name)


def guest_of(server: Server, database: Database) -> Database:
    """The same database through a role that owns nothing in it and may not create tables."""
    role, password = server.create_role()
    server.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
            sql.Identifier(database.name), sql.Identifier(role)
        )
    )
    url = server.url(database.name, role, password)
    return Database(database.name, role, password, url)


def drop_guest(server: Server, database: Database, guest: Database) -> None:
    role = sql.Identifier(guest.user)
    server.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(role), database.name)
    server.execute(sql.SQL("DROP ROLE {}").format(role))


def stored_bytes(app: Flask) -> bytes:
    """Everything the control store has on disk, its journal included."""
    folder = app.extensions["provision"].settings.data_dir
    return b"".join(path.read_bytes() for path in sorted(folder.glob("control.db*")))


def block(page: str, element_id: str) -> str:
    """The page from the element of that id on; fails when there is none."""
    found = re.search(rf'<[a-z]+[^>]* id="{element_id}"', page)
    assert found is not None, f"no #{element_id}"
    return page[found.start() :]
