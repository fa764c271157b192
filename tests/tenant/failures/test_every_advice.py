"""Every text that is written as advice can be reached: what leads to each stands here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import errors as pg
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from provision.errors import AddressRefusedError, ConnectionStringError, TenantError
from provision.tenant.dsn import reading as dsn
from provision.tenant.failures.translate import explain, failure, refused, translate
from provision.tenant.failures.wording import FOR_PROVIDER, GENERAL, VARIANTS
from provision.tenant.host.providers import recognise
from provision.tenant.host.target import Target
from provision.tenant.network.policy import NetworkPolicy
from tests.tenant.console_pastes import REFUSED
from tests.tenant.pasted_strings import BAD

if TYPE_CHECKING:
    from collections.abc import Iterator

_HOSTS = {
    "": "db.example.com",
    "neon": "ep-x.neon.tech",
    "supabase": "db.x.supabase.co",
    "railway": "x.proxy.rlwy.net",
    "render": "dpg-x.oregon-postgres.render.com",
    "aws-rds": "x.rds.amazonaws.com",
    "azure": "x.postgres.database.azure.com",
    "digitalocean": "x.db.ondigitalocean.com",
    "cloud-sql": "x.sql.goog",
}
_FAILED = 'connection to server at "10.0.0.1", port 5432 failed: '
# What is said while connecting, and the code and variant that it leads to.
_SAID = {
    ("connection_refused", ""): "Connection refused",
    ("unreachable", ""): "No route to host",
    ("connect_timeout", ""): "timeout expired",
    ("not_postgres", ""): "received invalid response to SSL negotiation: H",
    ("tls_required", ""): "FATAL:  connection is insecure (try using `sslmode=require`)",
    ("tls_required", "pg_hba"): 'FATAL:  no pg_hba.conf entry for host "1.2.3.4", no encryption',
    ("tls_unsupported", ""): "server does not support SSL, but SSL was required",
    ("tls_untrusted", ""): "SSL error: certificate verify failed",
    ("auth_failed", ""): 'FATAL:  password authentication failed for user "ana"',
    ("auth_failed", "no_password"): "fe_sendauth: no password supplied",
    ("auth_method_refused", ""): 'authentication method requirement "scram-sha-256" failed',
    ("auth_method_refused", "channel binding"): "channel binding is required, but server did not "
    "offer an authentication method that supports channel binding",
    ("access_denied", ""): 'FATAL:  no pg_hba.conf entry for host "1.2.3.4", SSL encryption',
    ("database_not_found", ""): 'FATAL:  database "shop" does not exist',
    ("too_many_connections", ""): "FATAL:  sorry, too many clients already",
    ("server_starting", ""): "FATAL:  the database system is starting up",
    ("server_shutting_down", ""): "FATAL:  the database system is shutting down",
    ("server_shutting_down", "pooler"): "FATAL:  pgbouncer cannot connect to server",
    ("server_closed_connection", ""): "server closed the connection unexpectedly",
    ("connection_failed", ""): "FATAL:  something nobody has seen",
    ("connection_failed", "statement pooling"): "FATAL:  transaction blocks not allowed in "
    "statement pooling mode",
}  # fmt: skip
# What a statement fails with.
_RAISED = {
    ("permission_denied", "schema"): pg.InsufficientPrivilege("permission denied for schema x"),
    ("permission_denied", "table"): pg.InsufficientPrivilege("permission denied for table tasks"),
    ("permission_denied", "owner"): pg.InsufficientPrivilege("must be owner of table tasks"),
    ("permission_denied", "database"): pg.InsufficientPrivilege("permission denied for database x"),
    ("permission_denied", "row policy"): pg.InsufficientPrivilege(
        'new row violates row-level security policy for table "tasks"'
    ),
    ("permission_denied", "statement"): pg.InsufficientPrivilege("keine Berechtigung"),
    ("permission_denied", "policy"): pg.UndefinedObject(
        'unrecognized configuration parameter "app.user"'
    ),
    ("read_only", ""): pg.ReadOnlySqlTransaction("x"),
    ("query_timeout", ""): pg.QueryCanceled("x"),
    ("connection_failed", "disk_full"): pg.DiskFull("x"),
    ("connection_failed", "answer"): psycopg.DataError("year 12345"),
    ("too_many_connections", "here"): PoolTimeoutError("x"),
}
# What the doctor raises by itself; `tests/tenant/probe` makes each happen on a real server.
_RAISED_BY_THE_DOCTOR = {
    ("version_unsupported", ""), ("permission_denied", ""), ("permission_denied", "no schema"),
    ("permission_denied", "another schema"), ("permission_denied", "temporary"),
    ("connect_timeout", "silent"), ("connect_timeout", "login"), ("connection_refused", "loopback"),
    ("unreachable", "ipv6"), ("auth_method_refused", "rounds"),
}  # fmt: skip
_RAISED_BY_THE_POLICY = {
    ("dns_failed", ""), ("dns_failed", "timeout"), ("dns_failed", "busy"), ("blocked_address", ""),
    ("blocked_address", "loopback"), ("blocked_address", "private"),
}  # fmt: skip


def _target(provider: str = "") -> Target:
    return Target(_HOSTS[provider], 5432, "shop", "ana", "hunter2", "require")


def _words(key: tuple[str, str], provider: str = "") -> tuple[str, str]:
    why = {"why": key[1]} if key[1] else {}
    return explain(key[0], target=_target(provider), provider=recognise(_HOSTS[provider]), **why)


def _shown(error: BaseException) -> tuple[str, str]:
    assert isinstance(error, TenantError | ConnectionStringError)
    return error.detail, error.remedy


@pytest.mark.parametrize("key", _SAID, ids=str)
def test_what_is_said_while_connecting_leads_to_its_words(key: tuple[str, str]) -> None:
    error = psycopg.OperationalError(_FAILED + _SAID[key])
    assert _shown(translate(error, target=_target(), connecting=True)) == _words(key)


@pytest.mark.parametrize("key", _RAISED, ids=str)
def test_what_a_statement_fails_with_leads_to_its_words(key: tuple[str, str]) -> None:
    assert _shown(translate(_RAISED[key], target=_target(), connecting=False)) == _words(key)


@pytest.mark.parametrize(("code", "provider"), FOR_PROVIDER, ids=str)
def test_every_providers_own_advice_is_shown(code: str, provider: str) -> None:
    target = _target(provider)
    if code == "dns_failed":
        # A label of 64 letters is a name that no resolver looks up.
        with pytest.raises(TenantError) as raised:
            NetworkPolicy("public", loopback=True).resolve(
                f"{'x' * 64}.{target.host}", 5432, timeout_s=5.0
            )
        error: BaseException = raised.value
    elif code == "read_only":
        error = translate(pg.ReadOnlySqlTransaction("x"), target=target, connecting=False)
    else:
        said = psycopg.OperationalError(_FAILED + _SAID[code, ""])
        error = translate(said, target=target, connecting=True)
    assert isinstance(error, TenantError)
    assert error.code == code
    names = {"user": "ana", "port": "5432", "database_sql": "shop"}
    assert error.remedy == FOR_PROVIDER[code, provider].format_map(names)


def _refusals() -> Iterator[ConnectionStringError]:
    for pasted in (*(row[0] for row in BAD), *(row[1] for row in REFUSED)):
        try:
            dsn.parse(pasted)
        except ConnectionStringError as error:
            yield error


def test_nothing_is_written_that_is_never_shown() -> None:
    shown = {(error.code, "") for error in _refusals() if _is_usual(error)}
    reached = {*shown, *_SAID, *_RAISED, *_RAISED_BY_THE_DOCTOR, *_RAISED_BY_THE_POLICY}
    written = {(code, "") for code in GENERAL} | set(VARIANTS)
    assert written == reached


def _is_usual(error: ConnectionStringError) -> bool:
    detail, remedy = GENERAL[error.code]
    return error.code != "blocked_address" and (error.detail == detail or error.remedy == remedy)


@pytest.mark.parametrize(
    ("address", "kind"),
    [("127.0.0.1", "loopback"), ("10.0.0.7", "private"), ("169.254.1.1", "link-local")],
)
def test_the_policys_refusals_have_their_words(address: str, kind: str) -> None:
    with pytest.raises(AddressRefusedError) as raised:
        NetworkPolicy("public", loopback=True).judge_literal(address)
    detail, remedy = VARIANTS.get(("blocked_address", kind), GENERAL["blocked_address"])
    assert raised.value.detail == detail.format(where=raised.value.where)
    assert raised.value.remedy == remedy


def test_a_name_that_takes_too_long_has_words_of_its_own() -> None:
    with pytest.raises(TenantError) as raised:
        NetworkPolicy("public", loopback=True).resolve("slow.example.com", 5432, timeout_s=0.0)
    assert raised.value.detail == VARIANTS["dns_failed", "timeout"][0].format(
        host="slow.example.com"
    )


@pytest.mark.parametrize(
    "said",
    [
        "connection is insecure (try using `sslmode=require`)",
        "SSL connection is required. Please specify SSL options and retry.",
        "SSL/TLS required",
        "TLS connection required",
        "this server requires SSL",
        "server requires encryption",
        "insecure connections are not allowed",
        "Only SSL connections are allowed",
        "unencrypted connections are not accepted",
        "SSL is required",
        "connections without SSL are not allowed",
        "please use SSL to connect",
    ],
)
def test_a_provider_that_wants_tls_in_words_is_understood(said: str) -> None:
    for routine in (None, "ProcessStartupPacket"):
        found = refused(
            f"{_FAILED}FATAL:  {said}", sqlstate="28000", routine=routine, target=_target()
        )
        assert found.code == "tls_required"
        assert "sslmode=require" in found.remedy


def test_a_variant_never_loses_its_code() -> None:
    for code, why in VARIANTS:
        assert failure(code, target=_target(), why=why).detail
