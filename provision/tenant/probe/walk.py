"""The doctor: walks a connection string all the way in, and names the stage at which it stops.

Nine stages under one deadline. Nothing is written, no refused password is tried twice, and the TLS
level that was reached is what the resulting target demands from then on.
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from provision.errors import AddressRefusedError, DatabaseError, TenantError
from provision.tenant.connection.connect import connect_by
from provision.tenant.connection.deadline import Deadline
from provision.tenant.dsn.reading import admit, demand_tls, parse
from provision.tenant.failures.translate import failure, not_let_in, refusal
from provision.tenant.host.providers import place_words
from provision.tenant.host.target import Target
from provision.tenant.probe import facts as findings
from provision.tenant.probe.greeting import address_words, offers_tls, reach, way_words
from provision.tenant.probe.report import STAGES, Report, Stage
from provision.tenant.probe.stages import Journey

if TYPE_CHECKING:
    from collections.abc import Callable

    from provision.tenant.connection.connect import TenantConnection
    from provision.tenant.dsn.reading import Reading
    from provision.tenant.network.policy import NetworkPolicy
    from provision.tenant.probe.facts import Facts
    from provision.tenant.probe.report import StageName, Tls
    from provision.tenant.queries.rows import FoundWorkspace
    from provision.tenant.schema.state import SchemaReport

__all__ = ["STAGES", "Report", "Stage", "probe"]

_MAX_BYTES: Final = 8 * 1024 * 1024
_MAX_CA_CHARACTERS: Final = 256 * 1024
_WEAK: Final = ("disable", "allow", "prefer")

_TLS_WORDS: Final[dict[Tls, str]] = {
    "verified": "encrypted and verified",
    "encrypted": "encrypted, not verified",
    "plain": "not encrypted",
}
_SCHEMA_WORDS: Final = {
    "missing": "no tables yet",
    "partial": "some of the tables are there",
    "outdated": "an earlier version of the tables",
    "conflict": "a table of another shape is in the way",
    "ready": "the tables are ready",
}


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
    walk = _Walk(policy, Deadline(timeout_s), journey)
    try:
        walk.read(text, ca_certificate, allow_md5=allow_md5)
        walk.go_in()
    except DatabaseError as found:
        error = found
        if isinstance(text, Target) and isinstance(found, AddressRefusedError):
            error = not_let_in(found)
        journey.failed(error, under_way=walk.under_way)
        return walk.report(error.code, error.detail, error.remedy)
    finally:
        if walk.connection is not None:
            walk.connection.close()
    return walk.report("ok", walk.good_news(), "")


@dataclass(slots=True)
class _Walk:
    """One walk and what was found on it so far."""

    policy: NetworkPolicy
    deadline: Deadline
    journey: Journey
    under_way: StageName | None = None
    reading: Reading | None = None
    target: Target | None = None
    tls: Tls | None = None
    connection: TenantConnection | None = None
    facts: Facts | None = None
    latency_ms: int | None = None
    room: str | None = None
    schema: SchemaReport | None = None
    workspaces: tuple[FoundWorkspace, ...] = ()

    def read(self, text: str | Target, ca_certificate: str | None, *, allow_md5: bool) -> None:
        if isinstance(text, Target):
            self.target = text
            self.journey.passed("parse", "the built-in database" if text.built_in else "as saved")
            return
        reading = parse(text)
        if reading.masked:
            raise refusal(
                "format",
                "The password in this string is masked (****).",
                "Copy the string again from your provider's console, with the password shown.",
            )
        self.reading = admit(reading, self.policy)
        ca_text = (ca_certificate or "").strip() or None
        _check_ca(ca_text)
        self.target = replace(self.reading.target, ca_certificate=ca_text, allow_md5=allow_md5)
        self.journey.passed(
            "parse", place_words(self.target.host, self.target.port) or "a connection string"
        )

    def go_in(self) -> None:
        if self.target is None:
            raise RuntimeError("nothing was read yet")
        target = self.target
        addresses = self.policy.resolve(
            target.host, target.port, timeout_s=self.deadline.remaining(), exempt=target.built_in
        )
        may_be_plain = target.built_in or self.policy.lets_plain_text_pass(addresses)
        self.journey.passed("dns", address_words(addresses, may_be_plain=may_be_plain))
        with reach(addresses, target, self.deadline) as server:
            self.journey.passed("tcp", way_words(server, target.port))
            offer = offers_tls(server, target, self.deadline)
        if not may_be_plain and self.reading is not None:
            self.reading = demand_tls(self.reading)
            target = replace(target, sslmode=self.reading.target.sslmode)
        if offer is False and target.sslmode not in _WEAK:
            raise failure("tls_unsupported", target=target)
        self.under_way = "login"
        self.connection, self.target, self.tls = self.log_in(target, offer)
        self.under_way = None
        self.journey.passed("tls", _TLS_WORDS[self.tls])
        self.journey.passed("login", f"as {target.user}")
        self.journey.passed("database", target.database)
        self.look_around(self.connection, self.target)

    def log_in(self, target: Target, offer: bool | None) -> tuple[TenantConnection, Target, Tls]:
        """Connect at the best TLS level to be had; a certificate fails before any password goes."""
        levels = _levels(target, offer)
        for sslmode, tls in levels:
            asked = replace(target, sslmode=sslmode)
            try:
                connection = connect_by(
                    self.deadline,
                    asked,
                    policy=self.policy,
                    query_timeout_s=self.deadline.limit_s,
                    max_result_bytes=_MAX_BYTES,
                )
            except TenantError as error:
                if error.code == "tls_required" and offer is False:
                    # It refuses what is not encrypted, yet encrypts nothing: it refuses us.
                    raise failure("access_denied", target=target) from None
                if error.code != "tls_untrusted" or sslmode == levels[-1][0]:
                    raise
            else:
                connection.begin_call(self.deadline)
                return connection, connection.target or asked, tls
        raise failure("tls_untrusted", target=target)

    def look_around(self, connection: TenantConnection, target: Target) -> None:
        begun = time.monotonic()
        self.facts = facts = findings.ask(connection, target)
        self.latency_ms = round((time.monotonic() - begun) * 1000)
        if facts.version_number < findings.LOWEST_VERSION:
            self.journey.passed("rights", "not looked at")
            raise failure("version_unsupported", target=target)
        if facts.is_read_only:
            raise failure("read_only", target=target)
        self.room = findings.room(connection)
        self.schema, self.workspaces = findings.inspect(connection, target)
        if not facts.can_create and self.schema.state != "ready":
            if facts.schema is None:
                raise failure("permission_denied", target=target, why="no schema")
            raise failure("permission_denied", target=target, schema=facts.schema)
        self.journey.passed(
            "rights", "may create tables" if facts.can_create else "may use the tables there are"
        )
        self.journey.passed("version", self.version_words(facts))
        self.journey.passed("schema", _SCHEMA_WORDS[self.schema.state])

    def version_words(self, facts: Facts) -> str:
        pooler = " behind a connection pooler" if facts.is_pooled else ""
        room = "" if self.room is None else f"; {self.room}"
        return f"PostgreSQL {facts.version}{pooler}{room}"

    def good_news(self) -> str:
        version = self.facts.version if self.facts else ""
        return f"Connected to PostgreSQL {version}, {_TLS_WORDS[self.tls or 'plain']}."

    def report(self, code: str, detail: str, remedy: str) -> Report:
        facts = self.facts
        return Report(
            ok=code == "ok",
            code=code,
            detail=detail,
            remedy=remedy,
            stages=self.journey.stages(),
            server_version=facts.version if facts else None,
            latency_ms=self.latency_ms,
            tls=self.tls,
            can_create_tables=facts.can_create if facts else None,
            schema=self.schema,
            target=self.target,
            reading=self.reading,
            workspaces=self.workspaces,
        )


def _levels(target: Target, offer: bool | None) -> tuple[tuple[str, Tls], ...]:
    """The sslmodes to try, best first, none below what the string asks for."""
    if target.sslmode == "disable" or offer is False:
        return (("disable", "plain"),)
    best: tuple[str, Tls] = ("verify-full", "verified")
    if target.sslmode == "verify-full":
        return (best,)
    # Whoever pastes a certificate wants it to be looked at.
    if target.sslmode == "verify-ca" or target.ca_certificate is not None:
        return (best, ("verify-ca", "verified"))
    return (best, ("require", "encrypted"))


def _check_ca(text: str | None) -> None:
    if text is None:
        return
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
