from __future__ import annotations

import re

import psycopg
import pytest
from psycopg import errors as pg
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from provision.errors import (
    DatabaseBusyError,
    DatabaseTimeoutError,
    RowRefusedError,
    SchemaNotReadyError,
    TenantError,
    UnreachableError,
)
from provision.tenant.failures.translate import explain, failure, quoted, refusal, translate
from provision.tenant.failures.wording import FOR_PROVIDER, GENERAL, VARIANTS
from provision.tenant.host.providers import recognise
from provision.tenant.host.target import Target

TARGET = Target("db.example.com", 5432, "shop", "ana", "hunter2", "require")

_FAILED = 'connection failed: connection to server at "10.0.0.1", port 5432 failed: '

# What libpq, servers and poolers say, and the code it stands for.
MESSAGES = (
    (_FAILED + 'FATAL:  password authentication failed for user "ana"', "auth_failed"),
    (_FAILED + 'FATAL:  Passwort-Authentifizierung für Benutzer »ana« fehlgeschlagen',
     "auth_failed"),
    (_FAILED + "FATAL:  authentification par mot de passe échouée pour l'utilisateur « ana »",
     "auth_failed"),
    (_FAILED + "FATAL:  la autentificación password falló para el usuario «ana»", "auth_failed"),
    (_FAILED + 'ВАЖНО:  пользователь "ana" не прошёл проверку подлинности (по паролю)',
     "auth_failed"),
    (_FAILED + 'FATAL:  ユーザー"ana"のパスワード認証に失敗しました', "auth_failed"),
    (_FAILED + '致命错误:  用户 "ana" Password 认证失败', "auth_failed"),
    (_FAILED + 'FATAL:  role "ana" is not permitted to log in', "auth_failed"),
    (_FAILED + 'FATAL:  role "ana" does not exist', "auth_failed"),
    (_FAILED + "FATAL:  Tenant or user not found", "auth_failed"),
    (_FAILED + "FATAL:  no such user", "auth_failed"),
    (_FAILED + "fe_sendauth: no password supplied", "auth_failed"),
    (_FAILED + 'authentication method requirement "scram-sha-256" failed: '
     "server requested a cleartext password", "auth_method_refused"),
    (_FAILED + 'authentication method requirement "scram-sha-256" failed: '
     "server did not complete authentication", "auth_method_refused"),
    (_FAILED + "channel binding is required, but server did not offer an authentication method "
     "that supports channel binding", "auth_method_refused"),
    (_FAILED + 'FATAL:  no pg_hba.conf entry for host "1.2.3.4", user "ana", database "shop", '
     "SSL encryption", "access_denied"),
    (_FAILED + 'FATAL:  no pg_hba.conf entry for host "1.2.3.4", user "ana", database "shop", '
     "no encryption", "tls_required"),
    (_FAILED + "FATAL:  kein pg_hba.conf-Eintrag für Host »1.2.3.4«, Benutzer »ana«, Datenbank "
     "»shop«, keine Verschlüsselung", "tls_required"),
    (_FAILED + "FATAL:  kein pg_hba.conf-Eintrag für Host »1.2.3.4«, SSL-Verschlüsselung",
     "access_denied"),
    (_FAILED + 'FATAL:  permission denied for database "shop"', "access_denied"),
    (_FAILED + "ERROR:  connection is insecure (try using `sslmode=require`)", "tls_required"),
    (_FAILED + "FATAL:  SSL/TLS required", "tls_required"),
    (_FAILED + "FATAL:  SSL connection is required. Please specify SSL options and retry.",
     "tls_required"),
    (_FAILED + "server does not support SSL, but SSL was required", "tls_unsupported"),
    (_FAILED + "SSL error: unsupported protocol", "tls_unsupported"),
    (_FAILED + "SSL error: certificate verify failed", "tls_untrusted"),
    (_FAILED + 'server certificate for "a.example.com" does not match host name "db.example.com"',
     "tls_untrusted"),
    (_FAILED + 'root certificate file "/x" does not exist', "tls_untrusted"),
    (_FAILED + "SSL error: wrong version number", "not_postgres"),
    (_FAILED + "received invalid response to SSL negotiation: H", "not_postgres"),
    (_FAILED + "expected authentication request from server, but received H", "not_postgres"),
    (_FAILED + 'FATAL:  database "shop" does not exist', "database_not_found"),
    (_FAILED + "FATAL:  Datenbank »shop« existiert nicht", "database_not_found"),
    (_FAILED + "FATAL:  no such database: shop", "database_not_found"),
    (_FAILED + 'FATAL:  данас "shop" нема', "database_not_found"),
    (_FAILED + 'FATAL:  nekaj "ana" ni', "auth_failed"),
    (_FAILED + "FATAL:  sorry, too many clients already", "too_many_connections"),
    (_FAILED + "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER "
     "attribute", "too_many_connections"),
    (_FAILED + 'FATAL:  too many connections for role "ana"', "too_many_connections"),
    (_FAILED + "FATAL:  tut mir leid, schon zu viele Verbindungen", "too_many_connections"),
    (_FAILED + "FATAL:  no more connections allowed (max_client_conn)", "too_many_connections"),
    (_FAILED + "FATAL:  Max client connections reached", "too_many_connections"),
    (_FAILED + "FATAL:  the database system is starting up", "server_starting"),
    (_FAILED + "FATAL:  the database system is not yet accepting connections", "server_starting"),
    (_FAILED + "FATAL:  the database system is in recovery mode", "server_starting"),
    (_FAILED + "FATAL:  the database system is shutting down", "server_shutting_down"),
    (_FAILED + "FATAL:  das Datenbanksystem fährt herunter", "server_shutting_down"),
    (_FAILED + "Connection refused\n\tIs the server running on that host?", "connection_refused"),
    (_FAILED + "Network is unreachable", "unreachable"),
    (_FAILED + "No route to host", "unreachable"),
    (_FAILED + "timeout expired", "connect_timeout"),
    (_FAILED + "Connection timed out", "connect_timeout"),
    (_FAILED + "server closed the connection unexpectedly", "server_closed_connection"),
    (_FAILED + "could not receive data from server: Connection reset by peer",
     "server_closed_connection"),
    (_FAILED + "SSL SYSCALL error: EOF detected", "server_closed_connection"),
    ("[Errno -2] Name or service not known", "dns_failed"),
    (_FAILED + "FATAL:  something nobody has seen", "connection_failed"),
    ("", "connection_failed"),
)  # fmt: skip


@pytest.mark.parametrize(("message", "code"), MESSAGES, ids=lambda each: str(each)[-50:])
def test_a_message_at_connect_time_is_told_by_its_words(message: str, code: str) -> None:
    found = translate(psycopg.OperationalError(message), target=TARGET, connecting=True)
    assert isinstance(found, TenantError)
    assert found.code == code
    assert found.detail
    assert found.remedy


def test_names_inside_a_message_do_not_decide() -> None:
    message = _FAILED + 'FATAL:  password authentication failed for user "connection refused"'
    found = translate(psycopg.OperationalError(message), target=TARGET, connecting=True)
    assert isinstance(found, TenantError)
    assert found.code == "auth_failed"


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (pg.InvalidPassword("x"), "auth_failed", UnreachableError),
        (pg.InvalidCatalogName("x"), "database_not_found", UnreachableError),
        (pg.TooManyConnections("x"), "too_many_connections", DatabaseBusyError),
        (pg.CannotConnectNow("x"), "server_starting", UnreachableError),
        (pg.AdminShutdown("x"), "server_shutting_down", UnreachableError),
        (pg.CrashShutdown("x"), "server_shutting_down", UnreachableError),
        (pg.InsufficientPrivilege("x"), "permission_denied", TenantError),
        (pg.ReadOnlySqlTransaction("x"), "read_only", TenantError),
        (pg.QueryCanceled("x"), "query_timeout", DatabaseTimeoutError),
        (pg.LockNotAvailable("x"), "query_timeout", DatabaseTimeoutError),
        (pg.DiskFull("x"), "connection_failed", UnreachableError),
        (pg.InternalError_("x"), "connection_failed", UnreachableError),
        (psycopg.OperationalError("the connection is lost"), "server_closed_connection",
         UnreachableError),
        (psycopg.InterfaceError("closed"), "server_closed_connection", UnreachableError),
        (psycopg.DataError("year 12345"), "connection_failed", UnreachableError),
        (TimeoutError(), "query_timeout", DatabaseTimeoutError),
        (ConnectionResetError(), "server_closed_connection", UnreachableError),
        (PoolTimeoutError("x"), "too_many_connections", DatabaseBusyError),
        (ValueError("x"), "connection_failed", UnreachableError),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, Exception) else str(each),
)  # fmt: skip
def test_an_error_of_a_statement_is_told_by_class_and_sqlstate(
    error: Exception, code: str, kind: type
) -> None:
    found = translate(error, target=TARGET, connecting=False)
    assert isinstance(found, TenantError)
    assert found.code == code
    assert type(found) is kind


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (pg.UndefinedTable("x"), "missing"),
        (pg.UndefinedColumn("x"), "outdated"),
        (pg.DatatypeMismatch("x"), "conflict"),
        (pg.UndefinedFunction("x"), "conflict"),
    ],
)
def test_tables_that_are_not_as_expected_are_a_matter_of_set_up(
    error: Exception, state: str
) -> None:
    found = translate(error, connecting=False)
    assert isinstance(found, SchemaNotReadyError)
    assert found.state == state


def test_what_sqlalchemy_wraps_is_unwrapped() -> None:
    wrapped = ProgrammingError("SELECT 1", None, pg.UndefinedTable("x"))
    assert isinstance(translate(wrapped, connecting=False), SchemaNotReadyError)
    slow = OperationalError("SELECT 1", None, pg.QueryCanceled("x"))
    assert isinstance(translate(slow, connecting=False), DatabaseTimeoutError)


def test_what_is_ours_already_stays_as_it_is() -> None:
    ours = failure("read_only", target=TARGET)
    assert translate(ours, connecting=False) is ours


def test_nothing_a_server_said_gets_out() -> None:
    said = "FATAL:  <script>alert(1)</script> \x1b[31m hunter2 " + "x" * 1_000_000
    for connecting in (True, False):
        found = translate(psycopg.OperationalError(said), target=TARGET, connecting=connecting)
        assert isinstance(found, TenantError)
        shown = f"{found!r} {found} {found.detail} {found.remedy}"
        assert "script" not in shown
        assert "hunter2" not in shown
        assert "xxx" not in shown


def _contract_codes() -> set[str]:
    return {code for code in GENERAL if re.fullmatch(r"[a-z_]+", code)}


@pytest.mark.parametrize("code", sorted(_contract_codes()))
@pytest.mark.parametrize("host", ["db.example.com", "ep-x.neon.tech", "db.x.supabase.co",
                                  "x.proxy.rlwy.net", "dpg-x.render.com",
                                  "x.rds.amazonaws.com"])  # fmt: skip
def test_every_code_has_words_for_every_provider(code: str, host: str) -> None:
    target = Target(host, 5432, "shop", "ana", "hunter2", "require")
    for known in (target, None):
        detail, remedy = explain(code, target=known, provider=recognise(host))
        for text in (detail, remedy):
            assert text
            assert "{" not in text
            assert "hunter2" not in text


def test_all_codes_of_the_contract_are_there() -> None:
    assert _contract_codes() == {
        "format", "scheme", "host_missing", "database_missing", "port", "forbidden_param",
        "unix_socket", "too_long", "control_chars", "blocked_address", "dns_failed",
        "connection_refused", "unreachable", "connect_timeout", "not_postgres", "tls_required",
        "tls_unsupported", "tls_untrusted", "auth_failed", "auth_method_refused", "access_denied",
        "database_not_found", "too_many_connections", "server_starting", "server_shutting_down",
        "server_closed_connection", "version_unsupported", "connection_failed",
        "permission_denied", "read_only", "query_timeout",
    }  # fmt: skip
    assert {code for code, _ in VARIANTS} | {code for code, _ in FOR_PROVIDER} <= set(GENERAL)


def test_the_remedy_is_the_providers_own() -> None:
    direct = Target("db.x.supabase.co", 5432, "postgres", "postgres", "p", "require")
    assert "session pooler" in failure("unreachable", target=direct).remedy
    pooled = Target("aws-0-eu.pooler.supabase.com", 5432, "postgres", "p", "p", "require")
    assert "session pooler" not in failure("unreachable", target=pooled).remedy
    neon = Target("ep-x.neon.tech", 5432, "d", "u", "p", "require")
    assert "wake" in failure("connect_timeout", target=neon).remedy
    rds = Target("x.rds.amazonaws.com", 5433, "d", "u", "p", "require")
    assert "security group" in failure("connect_timeout", target=rds).remedy
    assert "5433" in failure("connect_timeout", target=rds).remedy


def test_the_statement_to_run_is_written_with_the_names_at_hand() -> None:
    odd = Target("h", 5432, 'my "shop"', "Ana-1", "p", "require")
    remedy = failure("permission_denied", target=odd, schema="public").remedy
    assert 'GRANT USAGE, CREATE ON SCHEMA public TO "Ana-1";' in remedy
    assert 'CREATE DATABASE "my ""shop""";' in failure("database_not_found", target=odd).remedy
    assert quoted("plain_1") == "plain_1"


def test_waiting_is_suggested_where_it_helps() -> None:
    assert failure("server_starting").retry_after_s
    assert failure("auth_failed").retry_after_s is None


def test_a_refusal_has_the_usual_words_unless_given_others() -> None:
    assert refusal("port").detail == GENERAL["port"][0]
    assert refusal("port", "Other.").detail == "Other."


@pytest.mark.parametrize(
    "error",
    [pg.CheckViolation("x"), pg.RaiseException("x"), pg.StringDataRightTruncation("x")],
    ids=lambda each: type(each).__name__,
)
def test_a_rule_of_their_own_that_refuses_a_row_is_no_failure(error: Exception) -> None:
    assert isinstance(translate(error, target=TARGET, connecting=False), RowRefusedError)


def test_a_row_whose_owner_is_gone_is_a_matter_of_set_up() -> None:
    found = translate(pg.ForeignKeyViolation("x"), target=TARGET, connecting=False)
    assert isinstance(found, SchemaNotReadyError)
