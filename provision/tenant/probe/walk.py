"""Test a connection string all the way in, and name the stage at which it stops.

Nine stages under one deadline. Each is a function that takes what the stages before it found and
returns what it found itself. The string is read once, its host judged and resolved once, and every
connection goes to an address judged then. Nothing is written, no refused password is tried twice,
and the TLS level that was reached is what the resulting target demands from then on.
"""

from __future__ import annotations

import ssl
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from provision.errors import AddressRefusedError, DatabaseError, TenantError
from provision.tenant.connection.connect import connect_to
from provision.tenant.connection.deadline import Deadline
from provision.tenant.dsn.reading import admit, demand_tls, parse
from provision.tenant.failures.translate import failure, not_let_in, refusal
from provision.tenant.host.target import Target
from provision.tenant.probe import facts, greeting, report
from provision.tenant.probe.report import LoggedIn
from provision.tenant.probe.stages import Journey
from provision.tls import LEVEL_WORDS, WEAK, levels_to_try

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from provision.tenant.dsn.reading import Reading
    from provision.tenant.network.policy import JudgedAddresses, NetworkPolicy
    from provision.tenant.probe.facts import Facts, Tables
    from provision.tenant.probe.greeting import TlsOffer
    from provision.tenant.probe.report import Finding, Report, Stage

_MAX_BYTES: Final = 8 * 1024 * 1024
_MAX_CA_CHARACTERS: Final = 256 * 1024


def probe(
    text: str | Target,
    *,
    policy: NetworkPolicy,
    timeout_s: float,
    ca_certificate: str | None = None,
    allow_md5: bool = False,
    watch: Callable[[Stage], None] | None = None,
) -> Report:
    """Test a pasted string, or a target that was made otherwise, within `timeout_s` in all.

    `watch` is told of each stage as it ends. Never raises for what a person pasted or a server did.
    """
    journey = Journey(watch)
    deadline = Deadline(timeout_s)
    found: list[Finding] = []
    try:
        if isinstance(text, Target):
            found.append(text)
            stages = _go_in(text, None, policy, deadline, journey)
        else:
            found.append(reading := _read(text, policy))
            found.append(target := _complete(reading, ca_certificate, allow_md5=allow_md5))
            stages = _go_in(target, reading, policy, deadline, journey)
        for each in stages:
            found.append(each)  # noqa: PERF402 -- an error in the middle leaves what was found
    except DatabaseError as error:
        if isinstance(text, Target) and isinstance(error, AddressRefusedError):
            error = not_let_in(error)
        journey.failed(error)
        return report.of(found, journey.stages(), error)
    return report.of(found, journey.stages())


def _go_in(
    target: Target,
    reading: Reading | None,
    policy: NetworkPolicy,
    deadline: Deadline,
    journey: Journey,
) -> Iterator[Finding]:
    """Go through the stages once there is a target; yield what each found as soon as it is found.

    `reading` is what was pasted; None for a target that was made otherwise.
    """
    journey.passed("parse", report.parse_words(target, is_pasted=reading is not None))
    judged = _resolve(target, policy, deadline, is_judged=reading is not None)
    journey.passed("dns", report.address_words(judged))
    with greeting.reach(judged.addresses, target, deadline) as server:
        journey.passed("tcp", report.way_words(server, target.port))
        offer = greeting.ask_for_tls(server, target, deadline)
    if not judged.plain_text and reading is not None:
        yield (reading := demand_tls(reading))
        target = replace(target, sslmode=reading.target.sslmode)
    if offer.is_there is False and target.sslmode not in WEAK:
        raise failure("tls_unsupported", target=target)
    # Whether TLS is as it should be shows in the log-in, by libpq's own check of the certificate.
    journey.worked("tls", under_way="login")
    entered = _log_in(target, judged, offer, deadline)
    with closing(entered.connection):
        journey.passed("tls", LEVEL_WORDS[entered.tls])
        journey.passed("login", f"as {target.user}")
        journey.passed("database", target.database)
        yield entered
        yield (server_facts := facts.ask(entered.connection, target))
        _refuse_unusable(server_facts, target, journey)
        room = facts.room(entered.connection)
        if facts.lacks_xmin(entered.connection) and (met := entered.connection.target):
            entered.connection.target = replace(met, versions_by_hash=True)
        with facts.with_own_search_path(entered.connection, target, server_facts) as own:
            yield (server_facts := own)
            yield (tables := facts.inspect(entered.connection, target))
        _refuse_without_rights(server_facts, tables, target)
        journey.passed("rights", report.rights_words(server_facts))
        journey.passed("version", report.version_words(server_facts, room))
        journey.passed("schema", report.schema_words(tables))


def _read(text: str, policy: NetworkPolicy) -> Reading:
    """Read what was pasted and hold its text to the policy."""
    reading = parse(text)
    if reading.masked:
        raise refusal(
            "format",
            "The password in this string is masked (****).",
            "Copy the string again from your provider's console, with the password shown.",
        )
    return admit(reading, policy)


def _complete(reading: Reading, ca_certificate: str | None, *, allow_md5: bool) -> Target:
    """Make the target of what was pasted and of what was typed beside it."""
    # Some programs write a byte-order mark at the beginning of a file.
    ca_text = (ca_certificate or "").strip().removeprefix("\ufeff").strip() or None
    if ca_text is not None:
        _check_ca(ca_text)
    return replace(reading.target, ca_certificate=ca_text, allow_md5=allow_md5)


def _resolve(
    target: Target, policy: NetworkPolicy, deadline: Deadline, *, is_judged: bool
) -> JudgedAddresses:
    """Resolve the host; its text too is judged here, unless it `is_judged` by `admit`."""
    resolve = policy.resolve_judged_text if is_judged else policy.resolve
    return resolve(target.host, target.port, timeout_s=deadline.remaining(), exempt=target.built_in)


def _log_in(
    target: Target, judged: JudgedAddresses, offer: TlsOffer, deadline: Deadline
) -> LoggedIn:
    """Log in at the best TLS level to be had; a certificate fails before any password goes."""
    levels = levels_to_try(
        target.sslmode,
        has_ca=target.ca_certificate is not None,
        is_offered=offer.is_there,
        is_signed=offer.is_signed,
    )
    for mode, level in levels:
        try:
            connection = connect_to(judged, deadline, replace(target, sslmode=mode))
        except TenantError as error:
            if error.code == "connect_timeout":
                raise failure("connect_timeout", target=target, why="login") from None
            if error.why == "pg_hba" and offer.is_there is False:
                # It refuses what is not encrypted, yet encrypts nothing: it refuses us.
                raise failure("access_denied", target=target) from None
            if error.code != "tls_untrusted" or mode == levels[-1][0]:
                raise
        else:
            connection.limit(query_timeout_s=deadline.limit_s, max_result_bytes=_MAX_BYTES)
            connection.begin_call(deadline)
            return LoggedIn(connection, level)
    raise failure("tls_untrusted", target=target)


def _refuse_unusable(server: Facts, target: Target, journey: Journey) -> None:
    """Raise TenantError for a server that is too old, or takes no changes."""
    if server.version_number < facts.LOWEST_VERSION:
        journey.passed("rights", "not looked at")
        raise failure("version_unsupported", target=target)
    if server.is_read_only:
        raise failure("read_only", target=target)


def _refuse_without_rights(server: Facts, tables: Tables, target: Target) -> None:
    """Raise TenantError where tables are missing that this user may not create."""
    if tables.schema.state == "ready":
        return
    if server.is_temporary:
        raise failure("permission_denied", target=target, why="temporary")
    if tables.schema.needs_owner:
        raise failure("permission_denied", target=target, why="owner")
    if server.can_create:
        return
    another = server.another_schema
    if another is not None and (server.schema is not None or another != "public"):
        raise failure("permission_denied", target=target, why="another schema", schema=another)
    if server.schema is None:
        raise failure("permission_denied", target=target, why="no schema")
    raise failure("permission_denied", target=target, schema=server.schema)


def _check_ca(text: str) -> None:
    """Raise ConnectionStringError for a text that is no PEM file of certificates."""
    try:
        if len(text) > _MAX_CA_CHARACTERS or not text.isascii():
            raise ValueError
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        raise refusal(
            "format",
            "The CA certificate is not one that can be read.",
            "Paste the whole PEM file, from -----BEGIN CERTIFICATE----- to "
            "-----END CERTIFICATE-----.",
        ) from None
