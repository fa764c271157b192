"""Turns what a driver raised into one code, plain words and a next step.

Only `messages` and this module read what a driver or a server says, and only to choose a code by
it. None of it is shown: it may hold anything, and a driver's message may hold the password.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from provision.errors import (
    AddressRefusedError,
    CharacterRefusedError,
    ConnectionStringError,
    DatabaseBusyError,
    DatabaseTimeoutError,
    RowRefusedError,
    SchemaNotReadyError,
    TenantError,
    UnreachableError,
)
from provision.loopback import is_localhost, is_loopback
from provision.tenant.failures import messages
from provision.tenant.failures.wording import (
    FOR_PROVIDER,
    GENERAL,
    NOT_LET_IN,
    OPERATOR_WORDS,
    VARIANTS,
)
from provision.tenant.host.providers import Provider, is_supabase_direct, recognise

if TYPE_CHECKING:
    from provision.tenant.host.target import Target

_CODE_BY_SQLSTATE: Final = {
    "08000": "server_closed_connection",
    "08001": "server_closed_connection",
    "08003": "server_closed_connection",
    "08004": "access_denied",
    "08006": "server_closed_connection",
    "08P01": "not_postgres",
    "25006": "read_only",
    "25P03": "server_closed_connection",
    "28000": "access_denied",
    "28P01": "auth_failed",
    "3D000": "database_not_found",
    "3F000": "permission_denied",
    "40001": "query_timeout",
    "40P01": "query_timeout",
    "42501": "permission_denied",
    "53300": "too_many_connections",
    "55P03": "query_timeout",
    "57014": "query_timeout",
    "57P01": "server_shutting_down",
    "57P02": "server_shutting_down",
    "57P03": "server_starting",
    "57P04": "database_not_found",
    "57P05": "server_closed_connection",
}
# What needs no reading of words, as a pooler's 08P01 or a start and a stop (both 57P03) do.
_CODE_BY_REFUSAL: Final = {
    ("28P01", ""): "auth_failed",
    ("28000", "InitializeSessionUserId"): "auth_failed",
    ("3D000", ""): "database_not_found",
    ("42501", ""): "access_denied",
    ("55000", "CheckMyDatabase"): "access_denied",
    ("55000", "InitPostgres"): "database_not_found",
    ("53300", ""): "too_many_connections",
}
_STATE_BY_SQLSTATE: Final = {
    "23503": "partial",  # the row points at one of ours that is gone: mostly the owner's profile
    "42P01": "missing",  # undefined table
    "42703": "outdated",  # undefined column
    "42804": "conflict",  # a column of another type
    "42883": "conflict",  # no such operator: a column of another type
    "42P10": "conflict",  # no unique key where ours should be
    "42809": "conflict",  # not a table
}
_RULE_OF_THEIR_OWN: Final = ("09", "23", "27", "44", "P0")
_TOO_MUCH_FOR_THEIR_COLUMN: Final = frozenset({"22001", "22003"})
_NO_SUCH_CHARACTER: Final = "22P05"
# Our statements name no setting and cast no text: a policy or trigger of the database's own does.
_POLICY_FAILED: Final = frozenset({"42704", "22P02", "42P17"})
# Most variants know more than a provider's advice and replace it. These do not: the advice of the
# provider is shown where there is one.
_WITH_PROVIDERS_WORDS: Final = ("ipv6",)
_BUSY: Final = frozenset({"too_many_connections"})
_TIMEOUTS: Final = frozenset({"connect_timeout", "query_timeout"})
_AFTER_CONNECTING: Final = frozenset({"permission_denied", "read_only", "version_unsupported"})
_RETRY_AFTER_S: Final = {
    "connection_refused": 10,
    "unreachable": 30,
    "connect_timeout": 5,
    "too_many_connections": 5,
    "server_starting": 5,
    "server_shutting_down": 10,
    "server_closed_connection": 2,
    "query_timeout": 5,
}


def explain(
    code: str, *, target: Target | None, provider: Provider | None, **facts: str
) -> tuple[str, str]:
    """Return `detail` and `remedy` for a code of docs/troubleshooting.md.

    `facts` fill the sentences (`host`, `port`, `user`, `database`, `schema`, `where`) in place of
    what `target` says, or pick another pair of them (`why`, `kind`).
    """
    values = _values(target, provider, facts) | facts
    variant = (code, facts.get("why") or facts.get("kind") or "")
    detail, remedy = VARIANTS.get(variant) or GENERAL.get(code) or GENERAL["connection_failed"]
    usual = variant not in VARIANTS or variant[1] in _WITH_PROVIDERS_WORDS
    if provider is not None and usual and _applies(code, target, provider):
        remedy = FOR_PROVIDER.get((code, provider.key), remedy)
    return detail.format_map(values), remedy.format_map(values)


def failure(
    code: str, *, target: Target | None = None, sqlstate: str | None = None, **facts: str
) -> TenantError:
    """Make the error for a code: its class tells the 503, its words are those of `explain`."""
    provider = None if target is None else recognise(target.host)
    detail, remedy = explain(code, target=target, provider=provider, **facts)
    kind: type[TenantError] = UnreachableError
    if code in _TIMEOUTS:
        kind = DatabaseTimeoutError
    elif code in _BUSY:
        kind = DatabaseBusyError
    elif code in _AFTER_CONNECTING:
        kind = TenantError
    wait_s = _RETRY_AFTER_S.get(code)
    return kind(
        code, detail, remedy, retry_after_s=wait_s, sqlstate=sqlstate, why=facts.get("why", "")
    )


def setting_words(
    rule: Literal["never", "denied", "intranet", "public"], *, is_loopback: bool
) -> str:
    """Name the setting by which the network policy refuses an address, and what it may hold."""
    if is_loopback and rule in ("intranet", "public"):
        return OPERATOR_WORDS[f"loopback under {rule}"]
    return OPERATOR_WORDS[rule]


def not_let_in(error: AddressRefusedError) -> TenantError:
    """Make the 503 for a saved connection whose address the network policy refuses now.

    It was let in when it was saved: a setting was changed since, or its name leads elsewhere.
    """
    detail, remedy = NOT_LET_IN
    where = f", which is {error.where}" if error.where else ""
    return UnreachableError(
        error.code, detail.format(where=where), f"{error.operator or error.remedy} {remedy}".strip()
    )


def translate(
    error: BaseException, *, target: Target | None = None, connecting: bool
) -> TenantError | SchemaNotReadyError | RowRefusedError:
    """Find what an exception of psycopg, SQLAlchemy or the socket means to the person.

    Raise it `from None`: the original may show the password in its `repr`.
    """
    if isinstance(error, TenantError | SchemaNotReadyError | RowRefusedError):
        return error
    if isinstance(error, PoolTimeoutError):
        return failure("too_many_connections", target=target, why="here")
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig
    sqlstate = _sqlstate(error)
    if sqlstate is not None and not connecting:
        if sqlstate in _STATE_BY_SQLSTATE:
            return SchemaNotReadyError(_STATE_BY_SQLSTATE[sqlstate])
        if sqlstate == _NO_SUCH_CHARACTER:
            return CharacterRefusedError()
        if sqlstate[:2] in _RULE_OF_THEIR_OWN or sqlstate in _TOO_MUCH_FOR_THEIR_COLUMN:
            return RowRefusedError()
    code, why = _classify(error, sqlstate, target=target, connecting=connecting)
    facts = {} if why is None else {"why": why}
    return failure(code, target=target, sqlstate=sqlstate, **facts)


def refused(
    message: str, *, sqlstate: str | None, routine: str | None, target: Target
) -> TenantError:
    """Find what the failure of a log-in means that was made elsewhere.

    `routine` is the server's own function that refused, which has one name in every language.
    """
    if sqlstate is not None:
        code = _CODE_BY_REFUSAL.get((sqlstate, routine or "")) or _CODE_BY_REFUSAL.get(
            (sqlstate, "")
        )
        if code is not None:
            return failure(code, target=target, sqlstate=sqlstate)
    found, why = _classify_connecting(message, sqlstate, target)
    if routine == "ClientAuthentication" and found != "tls_required":
        found, why = "access_denied", None  # by a line of pg_hba.conf, or for want of one
    facts = {} if why is None else {"why": why}
    return failure(found, target=target, sqlstate=sqlstate, **facts)


def _classify(
    error: BaseException, sqlstate: str | None, *, target: Target | None, connecting: bool
) -> tuple[str, str | None]:
    if isinstance(error, psycopg.errors.ConnectionTimeout | TimeoutError):
        return ("connect_timeout" if connecting else "query_timeout"), None
    if connecting:
        return _classify_connecting(str(error), sqlstate, target)
    return _classify_connected(error, sqlstate)


def _classify_connected(error: BaseException, sqlstate: str | None) -> tuple[str, str | None]:
    if sqlstate is not None:
        return _classify_statement(error, sqlstate)
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | OSError):
        # Without a SQLSTATE the server said nothing: the line itself broke.
        return "server_closed_connection", None
    if isinstance(error, psycopg.Error | SQLAlchemyError | ValueError | ArithmeticError):
        return "connection_failed", "answer"
    return "connection_failed", None


def _classify_statement(error: BaseException, sqlstate: str) -> tuple[str, str | None]:
    if sqlstate == "42501":
        return "permission_denied", messages.read_denied(
            messages.said(error), messages.routine(error)
        )
    if sqlstate == "08P01":
        # A pooler's own errors have this state, whatever they are about.
        code, why = messages.read(messages.said(error))
        return code or "not_postgres", why
    if sqlstate in _POLICY_FAILED:
        return "permission_denied", "policy"
    return _code_for(sqlstate)


def _classify_connecting(
    message: str, sqlstate: str | None, target: Target | None
) -> tuple[str, str | None]:
    names = () if target is None else (target.user, target.database)
    code, why = messages.read(message, *names)
    if code is None and sqlstate is not None:
        return _code_for(sqlstate)
    if code == "connection_refused" and target is not None:
        return code, "loopback" if is_localhost(target.host) or is_loopback(target.host) else None
    return code or "connection_failed", why


def _code_for(sqlstate: str) -> tuple[str, str | None]:
    if sqlstate in _CODE_BY_SQLSTATE:
        return _CODE_BY_SQLSTATE[sqlstate], None
    if sqlstate in ("53100", "53200", "53400"):
        return "connection_failed", "disk_full" if sqlstate == "53100" else None
    if sqlstate[:2] == "08":
        return "server_closed_connection", None
    if sqlstate[:2] == "22":
        return "connection_failed", "answer"
    return "connection_failed", None


def _sqlstate(error: BaseException) -> str | None:
    found = getattr(error, "sqlstate", None)
    return found if isinstance(found, str) and re.fullmatch(r"[0-9A-Z]{5}", found) else None


def _applies(code: str, target: Target | None, provider: Provider) -> bool:
    # Advice to leave Supabase's direct host is of use only to somebody who uses it.
    if provider.key == "supabase" and code in ("unreachable", "connect_timeout"):
        return target is None or is_supabase_direct(target.host)
    return True


def _values(
    target: Target | None, provider: Provider | None, facts: dict[str, str]
) -> dict[str, str]:
    values = {
        "name": "The server" if provider is None else provider.name,
        "host": "the host",
        "port": "5432",
        "user": "the user",
        "database": "the database",
        "user_sql": "your_user",
        "database_sql": "your_database",
        "schema_sql": quoted(facts.get("schema", "public")),
        "where": "an address",
    }
    if target is not None:
        values |= {
            "host": target.host,
            "port": str(target.port),
            "user": target.user,
            "database": target.database,
            "user_sql": quoted(target.user),
            "database_sql": quoted(target.database),
        }
    return values


def quoted(identifier: str) -> str:
    """Write a name as SQL takes it, in quotes unless it is plain."""
    if re.fullmatch(r"[a-z_][a-z0-9_]*", identifier):
        return identifier
    return '"' + identifier.replace('"', '""') + '"'


def refusal(code: str, detail: str = "", remedy: str = "") -> ConnectionStringError:
    """Make the error for what is refused before connecting; empty words mean the usual ones."""
    usual_detail, usual_remedy = GENERAL[code]
    return ConnectionStringError(code, detail or usual_detail, remedy or usual_remedy)
