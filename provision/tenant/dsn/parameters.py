"""The allow-list of connection parameters: what is taken, what is dropped, what is refused by name.

A connection string is code (libpq loads libraries and opens files named in one), so that what is
not listed here is refused, whatever it is called next year.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provision.tenant.failures.translate import refusal
from provision.tls import MODES

if TYPE_CHECKING:
    from provision.tenant.dsn.parts import Parts


_BY_OTHER_NAME: Final = {
    "applicationname": "application_name",
    "connecttimeout": "connect_timeout",
    "channelbinding": "channel_binding",
}
_DROPPED: Final = frozenset(
    {
        # Prisma
        "schema", "pgbouncer", "connection_limit", "pool_timeout", "socket_timeout",
        "statement_cache_size", "sslaccept",
        # Node, Vercel, SQLAlchemy with asyncpg
        "uselibpqcompat", "supa", "workaround", "prepared_statement_cache_size",
        # JDBC
        "currentschema", "preparethreshold", "sockettimeout", "logintimeout", "tcpkeepalive",
    }
)  # fmt: skip
_SSL_SWITCH: Final = {
    "true": "require", "1": "require", "on": "require", "yes": "require", "no-verify": "require",
    "false": "disable", "0": "disable", "off": "disable", "no": "disable",
}  # fmt: skip
_ENDPOINT: Final = re.compile(r"endpoint=([a-z0-9-]{2,63})\Z")
_NAME: Final = re.compile(r"[a-z_][a-z0-9_.-]{0,40}\Z")
# Shown even where a name may be the rest of a password: these are nobody's password.
_WELL_KNOWN: Final = frozenset(
    {
        "host", "hostaddr", "port", "user", "password", "dbname", "passfile", "service",
        "servicefile", "sslkey", "sslcert", "sslrootcert", "sslcrl", "sslcrldir", "sslpassword",
        "sslkeylogfile", "sslcompression", "sslcertmode", "sslsni", "sslnegotiation", "sslmode",
        "ssl_min_protocol_version", "ssl_max_protocol_version", "requiressl", "requirepeer",
        "require_auth", "options", "replication", "fallback_application_name", "keepalives",
        "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
        "target_session_attrs", "load_balance_hosts", "gssencmode", "gsslib", "gssdelegation",
        "krbsrvname", "client_encoding", "min_protocol_version", "max_protocol_version",
        "scram_client_key", "scram_server_key", "oauth_issuer", "oauth_client_id",
        "oauth_client_secret", "oauth_scope", "conninfo", "autocommit", "plugin",
        "prepare_threshold", "row_factory", "cursor_factory", "context", "socketfactory",
        "socketfactoryarg", "sslfactory", "sslhostnameverifier", "loggerfile", "loggerlevel",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the parameters come to; None where nothing was said."""

    sslmode: str | None
    channel_binding: str | None
    endpoint: str | None


def choose(parts: Parts) -> Chosen:
    """Read the parameters of `parts`, noting what is dropped. Raises `forbidden_param`."""
    taken: dict[str, str] = {}
    for raw_name, value in parts.parameters:
        name = _BY_OTHER_NAME.get(raw_name, raw_name)
        if name == "host" and value.startswith(("/", "@")):
            raise refusal("unix_socket")
        if name in _DROPPED:
            parts.note(f"{raw_name} was left out: it is for another program")
        elif name == "ssl":
            _take(taken, "sslmode", _ssl(value))
            parts.note("ssl was read as sslmode")
        elif name in _READERS:
            _take(taken, name, _READERS[name](value))
        else:
            raise _forbidden(raw_name, nameable=parts.nameable)
    for name in ("application_name", "connect_timeout"):
        if name in taken:
            parts.note(f"{name} was replaced by our own")
    return Chosen(taken.get("sslmode"), taken.get("channel_binding"), taken.get("options"))


def _take(taken: dict[str, str], name: str, value: str) -> None:
    if taken.setdefault(name, value) != value:
        shown = "options" if name == "endpoint" else name
        raise refusal(
            "format",
            f"The connection string gives {shown} twice, and differently.",
            f"Leave one {shown} in it.",
        )


def _forbidden(name: str, *, nameable: bool) -> Exception:
    if name not in _WELL_KNOWN and not (nameable and _NAME.match(name)):
        return refusal("forbidden_param")
    remedy = ""
    if name == "sslrootcert":
        remedy = "Take it out, and paste the certificate itself (PEM) beside the string."
    elif name in ("host", "port", "user", "password", "dbname"):
        remedy = "Put it in its usual place: postgresql://user:password@host:5432/database."
    return refusal(
        "forbidden_param", f"The parameter {name} is not taken in a connection string here.", remedy
    )


def _bad_value(name: str, may: str) -> Exception:
    return refusal(
        "forbidden_param", f"The parameter {name} has a value that is not taken here.", may
    )


def _ssl(value: str) -> str:
    low = value.lower()
    if low in MODES:
        return low
    if low not in _SSL_SWITCH:
        raise _bad_value("ssl", "It may be true. Better, write sslmode=require in its place.")
    return _SSL_SWITCH[low]


def _sslmode(value: str) -> str:
    low = value.lower()
    if low == "no-verify":
        return "require"
    if low not in MODES:
        raise refusal(
            "format",
            "The parameter sslmode has a value that does not exist.",
            "It may be require, verify-ca or verify-full, and on your own network prefer.",
        )
    return low


def _channel_binding(value: str) -> str:
    if value.lower() not in ("require", "prefer"):
        raise _bad_value("channel_binding", "It may be require or prefer.")
    return value.lower()


def _options(value: str) -> str:
    endpoint = _ENDPOINT.match(value)
    if endpoint is None:
        raise _bad_value("options", "Only Neon's options=endpoint=… is taken. Take it out.")
    return endpoint[1]


def _application_name(value: str) -> str:
    if not value.isprintable() or len(value) > 64:
        raise _bad_value("application_name", "Take it out; a name of our own is used.")
    return value


def _connect_timeout(value: str) -> str:
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise _bad_value("connect_timeout", "Take it out; a limit of our own is used.")
    return value


_READERS: Final = {
    "sslmode": _sslmode,
    "channel_binding": _channel_binding,
    "options": _options,
    "application_name": _application_name,
    "connect_timeout": _connect_timeout,
}
