"""Decides which parameters of a connection string stay, which are dropped, which are refused.

A connection string is code (libpq loads libraries and opens files named in one), so that what is
not listed here is refused. A name is printed only if it is one of those listed: any other may be
a piece of a password, and is told by its position.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provision.tenant.failures.translate import refusal
from provision.tls import MODES

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.tenant.dsn.parts import Parts


_BY_OTHER_NAME: Final = {
    "applicationname": "application_name", "connecttimeout": "connect_timeout",
    "channelbinding": "channel_binding", "ssl-mode": "sslmode", "ssl_mode": "sslmode",
    "tls": "ssl", "requiressl": "ssl", "usessl": "ssl", "currentschema": "schema",
    "search_path": "schema", "searchpath": "schema",
}  # fmt: skip
_DROPPED: Final = frozenset(
    {
        # Prisma
        "pgbouncer", "connection_limit", "pool_timeout", "socket_timeout",
        "statement_cache_size", "sslaccept", "max_idle_connection_lifetime",
        "max_connection_lifetime",
        # Node, Vercel, Supabase
        "uselibpqcompat", "supa", "workaround", "statement_timeout", "query_timeout", "max",
        "idle_timeout", "idletimeoutmillis", "connectiontimeoutmillis", "prepare",
        # SQLAlchemy with asyncpg
        "prepared_statement_cache_size", "prepared_statement_name_func", "command_timeout",
        # JDBC
        "preparethreshold", "sockettimeout", "logintimeout", "tcpkeepalive",
        "stringtype", "rewritebatchedinserts", "rewritebatchedstatements", "reconnect",
        "useunicode", "characterencoding", "autoreconnect", "defaultrowfetchsize",
        "targetservertype", "preparedstatementcachequeries", "preparedstatementcachesizemib",
        "readonly", "cancelsignaltimeout", "binarytransfer", "assumeminserverversion",
        "servertimezone", "loggerlevel", "allowpublickeyretrieval",
        "preferquerymode", "autosave", "cleanupsavepoints", "databasemetadatacachefields",
        # Doctrine, Rails, Django, Ecto
        "serverversion", "charset", "encoding", "pool", "pool_size", "checkout_timeout",
        "reaping_frequency", "prepared_statements", "conn_max_age", "conn_health_checks",
        "pool_recycle", "pool_pre_ping", "max_overflow", "min_pool_size", "max_pool_size",
        "variables", "advisory_locks", "adapter", "timeout", "queue_target", "queue_interval",
        # Go's pgx, GORM, sqlx, R2DBC
        "pool_max_conns", "pool_min_conns", "pool_max_conn_lifetime", "pool_max_conn_idle_time",
        "pool_health_check_period", "pool_max_conn_lifetime_jitter", "default_query_exec_mode",
        "statement_cache_capacity", "description_cache_capacity", "statement_cache_mode",
        "timezone", "binary_parameters", "statement-cache-capacity", "x-migrations-table",
        "x-multi-statement", "disable_prepared_binary_result",
    }
)  # fmt: skip
# What libpq is asked for by others and is done here in any case, with the values meant.
_AS_HERE: Final = {
    "gssencmode": ("disable", "prefer"), "client_encoding": ("utf8", "utf-8", "auto"),
    "target_session_attrs": ("read-write", "primary"), "sslsni": ("1",), "sslcompression": ("0",),
    "ssl_min_protocol_version": ("tlsv1.2",), "sslnegotiation": ("postgres",),
    "keepalives": ("1",),
}  # fmt: skip
_AS_HERE_IN_NUMBERS: Final = ("keepalives_idle", "keepalives_interval", "keepalives_count")
_SSL_SWITCH: Final = {
    "true": "require", "1": "require", "on": "require", "yes": "require", "no-verify": "require",
    "required": "require",
    "false": "disable", "0": "disable", "off": "disable", "no": "disable", "none": "disable",
    "disabled": "disable", "preferred": "prefer",
}  # fmt: skip
_SSLMODE_ALIASES: Final = {
    "no-verify": "require", "required": "require", "true": "require", "preferred": "prefer",
    "disabled": "disable", "verifyca": "verify-ca", "verifyfull": "verify-full",
    "verify_ca": "verify-ca", "verify_full": "verify-full", "verify_identity": "verify-full",
    "verify-identity": "verify-full",
}  # fmt: skip
_ENDPOINT: Final = re.compile(r"(?:endpoint|project)=([a-z0-9-]{2,63})\Z")
_OPTIONS_FOR_PATH: Final = re.compile(r"(?:-c\s*|--)search_path", re.IGNORECASE)
_OPTIONS_FOR_CLUSTER: Final = re.compile(r"--cluster=", re.IGNORECASE)
# Named when they are refused. These words are nobody's password.
_WELL_KNOWN: Final = frozenset(
    {
        "host", "hostaddr", "port", "user", "password", "dbname", "passfile", "service",
        "servicefile", "sslkey", "sslcert", "sslrootcert", "sslcrl", "sslcrldir", "sslpassword",
        "sslkeylogfile", "sslcompression", "sslcertmode", "sslsni", "sslnegotiation", "sslmode",
        "ssl_min_protocol_version", "ssl_max_protocol_version", "requirepeer",
        "require_auth", "options", "replication", "fallback_application_name", "keepalives",
        "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
        "target_session_attrs", "load_balance_hosts", "gssencmode", "gsslib", "gssdelegation",
        "krbsrvname", "client_encoding", "min_protocol_version", "max_protocol_version",
        "scram_client_key", "scram_server_key", "oauth_issuer", "oauth_client_id",
        "oauth_client_secret", "oauth_scope", "conninfo", "autocommit", "plugin",
        "prepare_threshold", "row_factory", "cursor_factory", "context", "socketfactory",
        "socketfactoryarg", "sslfactory", "sslfactoryarg", "sslhostnameverifier", "loggerfile",
        "unix_sock", "unix_socket", "sslidentity", "sslcertificate",
        "authenticationpluginclassname",
    }
)  # fmt: skip
_JAVA_TRUST: Final = {
    "org.postgresql.ssl.nonvalidatingfactory": "require",
    "org.postgresql.ssl.defaultjavasslfactory": "verify-full",
    "org.postgresql.ssl.jdbc4.libpqfactory": "require",
    "org.postgresql.ssl.libpqfactory": "require",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the parameters come to; None where nothing was said."""

    sslmode: str | None
    channel_binding: str | None
    endpoint: str | None


def is_known(name: str) -> bool:
    """Tell whether a name, in lower case, is that of a parameter of libpq's."""
    return name in _READERS or name in _WELL_KNOWN


def choose(parts: Parts) -> Chosen:
    """Read the parameters of `parts`, noting what is dropped.

    Raises `forbidden_param` for what is not listed, `unix_socket` for a socket, `format` for a
    parameter given twice with two values.
    """
    taken: dict[str, str] = {}
    for position, (raw_name, value) in enumerate(parts.parameters, 1):
        name = _BY_OTHER_NAME.get(raw_name, raw_name)
        if name in ("host", "unix_sock", "unix_socket") and value.startswith(("/", "@")):
            raise refusal("unix_socket")
        if name == "schema":
            _drop_schema(raw_name, value, parts)
        elif name in _DROPPED:
            parts.note(f"{raw_name} was left out: it is for another program")
        elif _is_done_here(name, value):
            parts.note(f"{raw_name} was left out: it is done here in any case")
        elif name in _READERS:
            taken_name, taken_value = _READERS[name](value, parts)
            _take(taken, taken_name, taken_value)
        else:
            raise _forbidden(raw_name, position)
    for name in ("application_name", "connect_timeout"):
        if name in taken:
            parts.note(f"{name} was replaced by our own")
    if "sslrootcert" in taken:
        taken["sslmode"] = "verify-full"
    return Chosen(taken.get("sslmode"), taken.get("channel_binding"), taken.get("options"))


def _take(taken: dict[str, str], name: str, value: str) -> None:
    if taken.setdefault(name, value) != value:
        raise refusal(
            "format",
            f"The connection string gives {name} twice, and differently.",
            f"Leave one {name} in it.",
        )


def _drop_schema(name: str, value: str, parts: Parts) -> None:
    if value in ("", "public"):
        parts.note(f"{name} was left out: it is for another program")
    else:
        parts.note(f"{name} was left out: the user's own search_path says where tables go")


def _is_done_here(name: str, value: str) -> bool:
    if name in _AS_HERE_IN_NUMBERS:
        return re.fullmatch(r"[0-9]{1,6}", value) is not None
    return value.lower() in _AS_HERE.get(name, ())


def _forbidden(name: str, position: int) -> Exception:
    if name not in _WELL_KNOWN:
        return refusal(
            "forbidden_param",
            f"Parameter {position} of the connection string is not known here.",
            "Take it out. If it belongs to the password, write & as %26, ? as %3F and = as %3D in "
            "a URL, and put the password in quotes elsewhere.",
        )
    remedy = ""
    if name in ("host", "port", "user", "password", "dbname"):
        remedy = "Put it in its usual place: postgresql://user:password@host:5432/database."
    return refusal(
        "forbidden_param", f"The parameter {name} is not taken in a connection string here.", remedy
    )


def _bad_value(name: str, may: str) -> Exception:
    return refusal(
        "forbidden_param", f"The parameter {name} has a value that is not taken here.", may
    )


def _ssl(value: str, parts: Parts) -> tuple[str, str]:
    low = value.lower()
    parts.note("ssl was read as sslmode")
    if low in MODES:
        return "sslmode", low
    if low in _SSLMODE_ALIASES:
        return "sslmode", _SSLMODE_ALIASES[low]
    if low.startswith("{") and "rejectunauthorized" in low:
        return "sslmode", "require"
    if low not in _SSL_SWITCH:
        raise _bad_value("ssl", "It may be true. Better, write sslmode=require in its place.")
    return "sslmode", _SSL_SWITCH[low]


def _sslmode(value: str, parts: Parts) -> tuple[str, str]:
    low = value.lower()
    if low in MODES:
        return "sslmode", low
    if low not in _SSLMODE_ALIASES:
        raise refusal(
            "format",
            "The parameter sslmode has a value that does not exist.",
            "It may be require, verify-ca or verify-full, and on your own network prefer.",
        )
    parts.note(f"sslmode was read as {_SSLMODE_ALIASES[low]}")
    return "sslmode", _SSLMODE_ALIASES[low]


def _sslrootcert(value: str, parts: Parts) -> tuple[str, str]:
    if value.lower() != "system":
        raise refusal(
            "forbidden_param",
            "The parameter sslrootcert is not taken in a connection string here.",
            "Take it out, and paste the certificate itself (PEM) beside the string.",
        )
    # libpq then demands verify-full, and the roots of this machine are used in any case.
    parts.note("sslrootcert=system was read as sslmode=verify-full")
    return "sslrootcert", "system"


def _sslfactory(value: str, parts: Parts) -> tuple[str, str]:
    mode = _JAVA_TRUST.get(value.lower())
    if mode is None:
        raise _forbidden("sslfactory", 0)
    parts.note(f"sslfactory was read as sslmode={mode}")
    return "sslmode", mode


def _channel_binding(value: str, parts: Parts) -> tuple[str, str]:
    low = value.lower()
    if low not in ("require", "prefer"):
        raise _bad_value("channel_binding", "It may be require or prefer.")
    return "channel_binding", low


def _options(value: str, parts: Parts) -> tuple[str, str]:
    endpoint = _ENDPOINT.match(value)
    if endpoint:
        return "options", endpoint[1]
    may = "Only Neon's options=endpoint=… is taken. Take it out."
    if _OPTIONS_FOR_PATH.match(value):
        may = (
            "Take it out. Where tables go is said at the server: "
            "ALTER ROLE your_user SET search_path = your_schema;"
        )
    elif _OPTIONS_FOR_CLUSTER.match(value):
        may = (
            "Take it out, and put the cluster's name in front of the database's, as in "
            "CLUSTER.defaultdb."
        )
    raise _bad_value("options", may)


def _application_name(value: str, parts: Parts) -> tuple[str, str]:
    if not value.isprintable() or len(value) > 64:
        raise _bad_value("application_name", "Take it out; a name of our own is used.")
    return "application_name", value


def _connect_timeout(value: str, parts: Parts) -> tuple[str, str]:
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise _bad_value("connect_timeout", "Take it out; a limit of our own is used.")
    return "connect_timeout", value


_READERS: Final[dict[str, Callable[[str, Parts], tuple[str, str]]]] = {
    "ssl": _ssl,
    "sslmode": _sslmode,
    "sslrootcert": _sslrootcert,
    "sslfactory": _sslfactory,
    "channel_binding": _channel_binding,
    "options": _options,
    "application_name": _application_name,
    "connect_timeout": _connect_timeout,
}
