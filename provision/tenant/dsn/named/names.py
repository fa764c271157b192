"""Says what the name of a variable, label or member means for a connection.

Names come in every spelling: `PGHOST`, `DB_HOST`, `spring.datasource.username`, `Host name`,
`"userName"`. A name is printed only if all of its words are listed here, so that a password that
was pasted in its place is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_MEANINGS: Final = {
    "host": "host", "hostname": "host", "host name": "host", "server": "host",
    "host name address": "host", "host address": "host",
    "hostname address": "host", "endpoint": "host", "data source": "host", "fqdn": "host",
    "host or ip": "host",
    "port": "port", "port number": "port",
    "user": "user", "username": "user", "user name": "user", "user id": "user", "uid": "user",
    "login": "user", "master username": "user", "role": "user", "master user": "user",
    "login name": "user", "admin user": "user", "admin username": "user",
    "password": "password", "pass": "password", "pwd": "password", "passwd": "password",
    "master password": "password", "admin password": "password", "user password": "password",
    "dbname": "database", "db name": "database", "database": "database", "db": "database",
    "database name": "database", "initial catalog": "database",
    "maintenance database": "database", "maintenance db": "database",
    "default database": "database", "initial database name": "database", "name": "database",
    "sslmode": "sslmode", "ssl mode": "sslmode", "ssl": "ssl", "tls": "ssl", "use ssl": "ssl",
    "require ssl": "ssl", "requiressl": "ssl", "ssl required": "ssl", "tls mode": "sslmode",
    "channel binding": "channel_binding", "channelbinding": "channel_binding",
    "options": "options", "application name": "application_name",
    "appname": "application_name", "connect timeout": "connect_timeout",
    "sslrootcert": "sslrootcert", "ssl root cert": "sslrootcert", "ssl root certificate":
    "sslrootcert", "hostaddr": "hostaddr", "service": "service", "passfile": "passfile",
    "sslkey": "sslkey", "sslcert": "sslcert", "servicefile": "servicefile",
    "search path": "schema", "schema": "schema", "current schema": "schema",
    "gssencmode": "gssencmode", "client encoding": "client_encoding",
    "target session attrs": "target_session_attrs",
    "engine": "engine", "adapter": "engine", "dialect": "engine", "driver": "engine",
    "connection": "engine", "type": "engine", "client": "engine", "provider": "engine",
    "driver class name": "engine", "drivername": "engine", "db kind": "engine",
    "url": "url", "uri": "url", "dsn": "url", "connection string": "url",
    "connectionstring": "url", "connection uri": "url", "connection url": "url",
    "service uri": "url", "jdbc url": "url", "jdbcurl": "url", "conn str": "url", "connstr":
    "url", "conninfo": "url", "connect string": "url", "conn string": "url",
    "dsn string": "url", "psql command": "url", "psql": "url", "database dsn": "url",
    "endpoint id": "other", "charset": "other", "collation": "other", "prefix": "other",
    "pool": "other", "encoding": "other", "timeout": "other", "conn max age": "other",
    "conn health checks": "other", "strict": "other", "atomic requests": "other",
    "test": "other", "time zone": "other", "max": "other", "min": "other", "debug": "other",
    "connection limit": "other", "pool size": "other", "prepared statements": "other",
    "project id": "other", "region": "other", "branch": "other", "migrations": "other",
    "logging": "other", "synchronize": "other", "reject unauthorized": "other",
    "prefix indexes": "other", "ssl cert": "other", "ssl key": "other", "ca": "other",
    "show sensitive data on connection error": "other", "queue target": "other",
    "min pool size": "other", "max pool size": "other", "sticky": "other",
}  # fmt: skip
"""The last words of a name, in lower case with blanks between, and what they stand for."""

# What may stand before the meaning, when the words are those of a database.
_DATABASE_WORDS: Final = frozenset(
    {"pg", "psql", "pgsql", "postgres", "postgresql", "db", "database", "sql", "rds", "datasource",
     "r2dbc", "jdbc", "sqlalchemy", "dsn", "connectionstrings", "databases", "neon", "supabase",
     "timescale", "tsdb", "aurora", "cloudsql"}
)  # fmt: skip
_IN_FRONT: Final = frozenset(
    {"spring", "quarkus", "azure", "railway", "heroku", "render", "fly", "aiven", "digitalocean",
     "crunchy", "vercel", "xata", "nile", "niledb", "default", "primary", "main", "prod",
     "production", "connection", "doctrine", "django", "rails", "laravel", "prisma", "hikari",
     "reactive", "cluster", "instance", "gf", "wordpress", "micronaut", "datasources", "dbal",
     "hibernate", "jakarta", "javax", "persistence", "ds"}
)  # fmt: skip
# More words that may be printed, since they give nothing away.
_HARMLESS: Final = frozenset(
    {"public", "external", "the", "my", "your", "app", "next", "flask", "service", "tiger", "data",
     "source", "properties", "config", "flexible", "tcp", "proxy", "domain", "user", "env",
     "environment", "airflow", "core", "conn", "pdo", "orm", "transaction", "session", "pooler",
     "pooled", "pooling", "non", "no", "connect", "string", "here", "is", "vite", "private"}
)  # fmt: skip
# A bare `name` or `role` says less than a name made for it.
_VAGUE: Final = frozenset(
    {"name", "role", "login", "uid", "endpoint", "type", "provider", "client"}
)
# Where a bare `host` or `port` is that of something else.
_OTHER_PLACES: Final = frozenset(
    {"server", "http", "https", "web", "api", "app", "frontend", "backend", "listen", "metrics"}
)
# A database, but of something else.
_FOREIGN: Final = frozenset(
    {"mysql", "mariadb", "redis", "mongo", "mongodb", "mail", "smtp", "cache", "rabbitmq", "amqp",
     "elasticsearch", "elastic", "kafka", "memcached", "ssh", "tunnel", "bastion", "ftp", "sftp",
     "imap", "ldap", "s3", "aws", "pusher", "mssql", "sqlite", "oracle", "clickhouse", "jump",
     "pgadmin", "minio", "celery", "broker", "log", "auth", "oauth", "jwt", "admin"}
)  # fmt: skip
# What a variant of a name is worth against the plain one.
_VARIANTS: Final = {
    "public": 3, "external": 3, "unpooled": -1, "non pooling": -1, "direct": -1, "prisma": -2,
    "no ssl": -3, "internal": -5, "private": -5, "read": -6, "reader": -6, "replica": -6,
    "readonly": -6, "read only": -6, "session pooler": 1, "shadow": -7, "test": -7, "testing": -7,
}  # fmt: skip
_GLUED: Final = re.compile(
    r"\A(?P<first>pg|db|postgres|postgresql)(?P<rest>host|hostaddr|port|user|username|password|pass"
    r"|passwd|pwd|database|dbname|name|db|sslmode|url|uri|options|appname|channelbinding|service"
    r"|passfile|requiressl|sslrootcert|sslcert|sslkey|gssencmode|servicefile)\Z"
)
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN: Final = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name stands for."""

    kind: str
    """A part, a parameter, `url`, `engine`, or `other` for what is known and not needed."""
    has_prefix: bool
    """Whether a word of a database stands in front, as in `DB_HOST`."""
    rank: int
    """The higher of two is preferred: the public name, the plain one."""


def meaning(name: str, place: str = "") -> Meaning | None:
    """Return what a name means for a connection; None for any other name.

    `place` is the name of the section or object that it stands in.
    """
    words = _words(name)
    if not 0 < len(words) <= 8 or _FOREIGN & set(words[:-1]):
        return None
    rank, words = _without_variant(words)
    for at in range(len(words)):
        tail = " ".join(words[at:])
        front = words[:at]
        if tail not in _MEANINGS or not _may_stand_before(front):
            continue
        if not front and (_FOREIGN | _OTHER_PLACES) & set(_words(place)):
            return None
        has_prefix = bool(_DATABASE_WORDS & set(words[:-1]))
        return Meaning(_MEANINGS[tail], has_prefix, rank * 2 - (tail in _VAGUE and not has_prefix))
    return None


def is_printable(name: str) -> bool:
    """Tell whether a name is made of known words alone, so that it can be no secret."""
    words = _words(name)
    known = (
        _DATABASE_WORDS
        | _HARMLESS
        | _IN_FRONT
        | {word for each in _MEANINGS for word in each.split()}
    )
    known |= {word for each in _VARIANTS for word in each.split()}
    return 0 < len(words) <= 8 and all(each in known for each in words)


def _may_stand_before(front: list[str]) -> bool:
    """Tell whether words before a meaning leave it one; any may before those of a database."""
    return (
        not front
        or front[-1] in _DATABASE_WORDS
        or all(each in _DATABASE_WORDS | _IN_FRONT for each in front)
    )


def _without_variant(words: list[str]) -> tuple[int, list[str]]:
    for size in (2, 1):
        for variant in ([" ".join(words[:size])], [" ".join(words[-size:])]):
            if variant[0] in _VARIANTS and len(words) > size:
                at_front = " ".join(words[:size]) == variant[0]
                rest = words[size:] if at_front else words[:-size]
                return _VARIANTS[variant[0]], rest
    for at, each in enumerate(words[1:-1], 1):
        if each in _VARIANTS:
            return _VARIANTS[each], words[:at] + words[at + 1 :]
    return 0, words


def _words(name: str) -> list[str]:
    split = _BETWEEN.split(_CAMEL.sub(" ", name))
    found: list[str] = []
    for each in (word.lower() for word in split if word):
        glued = _GLUED.match(each)
        found += [glued["first"], glued["rest"]] if glued else [each]
    return found
