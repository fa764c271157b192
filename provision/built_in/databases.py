"""A database and a role for each person, in the built-in server."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True, slots=True)
class BuiltInDatabase:
    """Where one person's database in the built-in server is, and how to log in to it."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)


def name_for(account_id: str) -> str:
    """Return the name of a person's database and of its role."""
    return "workspace_" + hashlib.sha256(account_id.encode()).hexdigest()[:16]


def password_for(role: str, server_password: str) -> str:
    """Derive a role's password from the server's own, which is random and kept beside the rows."""
    digest = hmac.digest(server_password.encode(), f"role {role}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def provide(connection: psycopg.Connection, name: str, password: str) -> None:
    """Create role and database `name` unless they are there; no other role may enter."""
    role = sql.Identifier(name)
    # Hashed here, since the server keeps the text of statements in its statistics.
    secret = sql.Literal(
        connection.pgconn.encrypt_password(
            password.encode(), name.encode(), b"scram-sha-256"
        ).decode()
    )
    # Two requests at once would both find nothing; the lock goes with this connection.
    connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
    known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = sql.SQL("ALTER" if known is not None else "CREATE")
    connection.execute(
        sql.SQL("{} ROLE {} LOGIN PASSWORD {} CONNECTION LIMIT 20").format(verb, role, secret)
    )
    made = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone()
    if made is None:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(role, role))
    close_to_others(connection, name)


def close_to_others(connection: psycopg.Connection, *names: str) -> None:
    """Let no role enter these databases that was not allowed to; PostgreSQL lets every role."""
    for name in names:
        connection.execute(
            sql.SQL("REVOKE CONNECT, TEMPORARY ON DATABASE {} FROM PUBLIC").format(
                sql.Identifier(name)
            )
        )
