"""Reads `postgresql://` and `jdbc:postgresql://` URLs.

First by the letter of RFC 3986; where that fails because a password holds characters that should
have been escaped, from the right, but only where no other program could see another host in it.
"""

from __future__ import annotations

import re
from typing import Final

from provision.tenant.dsn.parts import Parts, decoded, decoded_password, refuse_invisible
from provision.tenant.failures.translate import refusal
from provision.tenant.host.addresses import ends_in_number

_DRIVERS: Final = frozenset(
    {
        "psycopg", "psycopg_async", "psycopg2", "psycopg2cffi", "asyncpg", "pg8000", "aiopg",
        "pygresql", "psycopg3",
    }
)  # fmt: skip
_SCHEME: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+._-]{0,40}):(?P<slashes>/{0,3})")
_LETTER: Final = re.compile(
    r"(?P<authority>[^/?#\s]*)(?:/(?P<database>[^/?#@\s]*))?(?:\?(?P<query>[^#\s]*))?\Z"
)
_SERVER: Final = re.compile(
    r"(?P<authority>(?:\[[^\]@/?#\s]*\]|[^\[\]@/?#:\s]*)(?::[^@/?#\s]*)?)"
    r"(?:/(?P<database>[^/?#@\s]*))?\Z"
)
_QUERY_TAIL: Final = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_.%-]*=[^&\s]*(?:&+|\Z))*\Z")
_HOSTLIKE: Final = re.compile(r"(?:localhost|[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+\.?)\Z")
_SEGMENT: Final = re.compile(r"[^@,/?#:\s]*")
_PORT_THEN_PATH: Final = re.compile(r":[0-9]{1,5}(?:[,/?#]|\Z)")

_NAMES: Final = {
    "mysql": "a MySQL database", "mysqlx": "a MySQL database", "mysql2": "a MySQL database",
    "mariadb": "a MariaDB database",
    "mongodb": "a MongoDB database", "mongodb+srv": "a MongoDB database",
    "redis": "a Redis store", "rediss": "a Redis store", "sqlite": "an SQLite file",
    "sqlite3": "an SQLite file",
    "file": "a file", "http": "a web address", "https": "a web address",
    "sqlserver": "a Microsoft SQL Server", "mssql": "a Microsoft SQL Server",
    "oracle": "an Oracle database", "cockroachdb": "a CockroachDB cluster",
    "cockroach": "a CockroachDB cluster", "redshift": "an Amazon Redshift cluster",
    "snowflake": "a Snowflake warehouse", "h2": "an H2 database",
    "clickhouse": "a ClickHouse database", "libsql": "a libSQL database",
    "prisma": "a Prisma proxy", "prisma+postgres": "a Prisma proxy", "amqp": "a message queue",
    "amqps": "a message queue", "cassandra": "a Cassandra cluster", "neo4j": "a Neo4j database",
    "ftp": "an FTP server", "ssh": "a log-in by SSH", "ws": "a web socket", "wss": "a web socket",
    "smtp": "a mail server", "s3": "a store of files", "mailto": "an e-mail address",
}  # fmt: skip
_POSTGRES: Final = ("postgresql", "postgres")
# What frameworks call it that bring a scheme of their own.
_FRAMEWORKS: Final = frozenset(
    {"pgsql", "postgis", "ecto", "pdo-pgsql", "pdo_pgsql", "timescale", "timescaledb", "pg"}
)
_JDBC: Final = ("jdbc", "r2dbc", "vertx-reactive")
_JDBC_WRAPPERS: Final = ("pool", "proxy", "otel", "p6spy", "aws-wrapper", "log4jdbc")


def begins_url(body: str) -> bool:
    """Tell whether the text begins like a URL of any scheme, or like `jdbc:`."""
    found = _SCHEME.match(body)
    if found is None:
        return False
    if found["slashes"]:
        return True
    known = (*_JDBC, *_NAMES, *_POSTGRES)
    follows = body[found.end() : found.end() + 1]
    return found["scheme"].lower() in known and not follows.isspace()


def names_postgres(body: str) -> bool:
    """Tell whether the text begins like a URL of PostgreSQL, in one of its names."""
    found = _SCHEME.match(body)
    if found is None:
        return False
    if found["scheme"].lower() in _JDBC:
        return _behind_jdbc(body[found.end("scheme") + 1 :])[0] == "postgresql"
    name = found["scheme"].lower().partition("+")[0]
    return found["slashes"][:2] == "//" and (name in _POSTGRES or name in _FRAMEWORKS)


def read_url(body: str, parts: Parts) -> None:
    """Fill `parts` from a URL. Raises ConnectionStringError, naming only schemes that are known."""
    found = _SCHEME.match(body)
    if found is None:
        raise refusal("format")
    refuse_invisible(body)
    if found["scheme"].lower() in _JDBC:
        _read_jdbc(body[found.end("scheme") + 1 :], found["scheme"].lower(), parts)
        return
    _check_scheme(found["scheme"], parts)
    if found["slashes"][:2] != "//":
        raise refusal(
            "format",
            "Two slashes are missing after the colon in front.",
            "It begins with postgresql:// and then the user.",
        )
    rest = body[found.start("slashes") + 2 :]
    authority, database, query = _split(rest)
    _read_authority(authority, parts)
    if database is not None:
        parts.give("database", decoded(database, "database name"))
    _read_query(query or "", parts, jdbc=False)


def _check_scheme(scheme: str, parts: Parts) -> None:
    name, _, driver = scheme.lower().partition("+")
    if name in _POSTGRES and (not driver or driver in _DRIVERS):
        if driver:
            parts.note(f"The driver +{driver} was taken out")
        if name == "postgres" or scheme != scheme.lower():
            shown = name + (f"+{driver}" if driver else "")
            parts.note(f"{shown}:// is written postgresql://")
        return
    if name in _FRAMEWORKS and not driver:
        parts.note(f"{name}:// is written postgresql://")
        return
    raise _wrong_scheme(scheme.lower())


def _wrong_scheme(scheme: str) -> Exception:
    what = _NAMES.get(scheme) or _NAMES.get(scheme.partition("+")[0])
    if what is None:
        # The word may be anything, a piece of a password too.
        return refusal(
            "scheme", "What stands before :// is no name of PostgreSQL that is known here."
        )
    remedy = ""
    if scheme in ("http", "https"):
        remedy = (
            "In your provider's console look for the connection string of the database itself, "
            "not for the address of a page or an API. It begins with postgresql://."
        )
    shown = scheme if scheme in _NAMES else scheme.partition("+")[0]
    return refusal("scheme", f"This begins with {shown}:, which is {what}, not PostgreSQL.", remedy)


def _split(rest: str) -> tuple[str, str | None, str | None]:
    by_letter = _LETTER.match(rest)
    # An @ further on than the authority may be the real one: there must be a user.
    if by_letter and rest.count("@") == by_letter["authority"].count("@") <= 1:
        return by_letter["authority"], by_letter["database"], by_letter["query"]
    return _split_from_right(rest)


def _split_from_right(rest: str) -> tuple[str, str | None, str | None]:
    head, query = rest, None
    mark = rest.rfind("?")
    if mark != -1 and "@" in rest[:mark] and _QUERY_TAIL.match(rest, mark + 1):
        head, query = rest[:mark], rest[mark + 1 :]
    userinfo, at, right = head.rpartition("@")
    server = _SERVER.match(right)
    if at and any(each.isspace() for each in right):
        raise refusal(
            "format",
            "There is a blank after the @ of this connection string.",
            "Remove it. What follows the string, if anything does, is not part of it.",
        )
    if at and "," in right.partition("/")[0]:
        raise several_hosts()
    if not at or server is None or (":" not in userinfo and set(userinfo) & set("/?# ")):
        raise refusal(
            "format",
            "The parts of this connection string cannot be told apart.",
            "If the password holds one of @ / # ? % or a space, write it as %40 %2F %23 %3F %25 "
            "or %20. After the host there may be :port, /database and ?parameters.",
        )
    if _another_host(userinfo):
        raise refusal(
            "format",
            "This connection string can be read as leading to two different hosts.",
            "Write each @ of the password as %40 and each / as %2F.",
        )
    return f"{userinfo}@{server['authority']}", server["database"], query


def _another_host(userinfo: str) -> bool:
    """Tell whether some program could take a piece before the last @ for the host."""
    start = 0
    while True:
        segment = _SEGMENT.match(userinfo, start)
        end = segment.end() if segment else start
        name = userinfo[start:end]
        follows = userinfo[end : end + 1]
        is_port = _PORT_THEN_PATH.match(userinfo, end)
        if start == 0:
            suspect = (follows == "/" or (is_port is not None and "/" in is_port[0])) and (
                not name.startswith("postgres.")
            )
        else:
            suspect = follows in (",", "/", "?", "#") or is_port is not None
        if suspect and (_HOSTLIKE.match(name) or ends_in_number(name) or name.startswith("[")):
            return True
        at = userinfo.find("@", end)
        if at == -1:
            return False
        start = at + 1


def _read_authority(authority: str, parts: Parts) -> None:
    userinfo, at, server = authority.rpartition("@")
    if at:
        user, colon, password = userinfo.partition(":")
        if "@" in user:
            parts.note("The user held an @ that had to be escaped")
        parts.give("user", decoded(user, "user"))
        if colon:
            password, raw = decoded_password(password)
            parts.give("password", password)
            if raw:
                parts.note("The password held characters that had to be escaped")
    if server.startswith("["):
        host, bracket, port = server[1:].partition("]")
        if not bracket or port[:1] not in ("", ":"):
            raise refusal(
                "format", "The square brackets around the address are not closed where it ends."
            )
        parts.give("host", f"[{host}]")
        if port:
            parts.give("port", port[1:])
        return
    if "," in server:
        raise several_hosts()
    host, colon, port = server.partition(":")
    if ":" in port:
        raise refusal(
            "format",
            "After the @ there is more than one colon.",
            "Write an IPv6 address in square brackets, and the port after them.",
        )
    parts.give("host", decoded(host, "host"))
    if colon:
        parts.give("port", port)


def _behind_jdbc(rest: str) -> tuple[str, str]:
    """Return the scheme behind `jdbc:` and what follows it, without a pool or tracer between."""
    while True:
        scheme, colon, rest = rest.partition(":")
        name = scheme.lower()
        if not colon:
            return "", ""
        if name not in _JDBC_WRAPPERS:
            return ("postgresql" if name in ("postgres", "pgsql") else name), rest


def _read_jdbc(rest: str, prefix: str, parts: Parts) -> None:
    scheme, rest = _behind_jdbc(rest)
    if scheme != "postgresql":
        known = f"{prefix}:{scheme}" if scheme in _NAMES else prefix
        raise refusal("scheme", f"This begins with {known}:, but not with {prefix}:postgresql:.")
    parts.note(f"{prefix}: was taken off")
    if not rest.startswith("//"):
        raise refusal("host_missing")
    path, mark, query = rest[2:].partition("?")
    if not mark and ";" in path:
        path, _, query = path.partition(";")
        query = query.replace(";", "&")
    authority, slash, database = path.partition("/")
    if "/" in database or "#" in path or " " in path:
        raise refusal(
            "format",
            "Between the host and the ? of this JDBC address there is more than a database name.",
            "It looks like jdbc:postgresql://host:5432/database?user=…&password=….",
        )
    _read_authority(authority, parts)
    if slash:
        parts.give("database", decoded(database, "database name"))
    _read_query(query, parts, jdbc=True)


def _read_query(query: str, parts: Parts, *, jdbc: bool) -> None:
    for position, piece in enumerate(query.split("&"), 1):
        if not piece:
            continue
        name, equals, value = piece.partition("=")
        if not equals:
            raise refusal(
                "format",
                f"Parameter {position} after the ? has no = sign.",
                "Parameters are written name=value with & between them. An & or ? of the password "
                "is written %26 or %3F.",
            )
        name = decoded(name, "parameters").lower()
        if jdbc and name == "password":
            password, raw = decoded_password(value)
            parts.give("password", password)
            if raw:
                parts.note("The password held characters that had to be escaped")
        elif jdbc and name in ("user", "username"):
            parts.give("user", decoded(value, "user"))
        else:
            parts.parameters.append((name, decoded(value, "parameters")))


def several_hosts() -> Exception:
    """Make the refusal of a string that leads to more than one server."""
    return refusal(
        "format",
        "The connection string names several hosts.",
        "Leave one host in it: the primary, which takes changes.",
    )
