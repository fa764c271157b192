"""Open a connection to a tenant's PostgreSQL: to a judged address, told everything, within a limit.

The pool resolves and judges a name each time it connects; the connection test hands in what it
judged. Either way the judged address is the one connected to.

A server names the SCRAM rounds (PBKDF2) that libpq computes for a password, libpq cannot be
interrupted while it does, and two billion take minutes. Two modules defend against that:

- `first_contact` makes the first log-in with a string in a child process. It is killed when it
  computes for too long, whatever the server sends. The SCRAM keys it brings back stand in for the
  password from then on, and with them libpq computes no rounds at all.
- `guarded_login` is for servers, mostly poolers, that change the salt at each log-in, so that keys
  do not last. A child for each connection would cost a process start each time. So it looks at
  every message before libpq does, and leaves a server that asks for more rounds than is usual.

A failure comes out as one of ours.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

import psycopg
from psycopg import conninfo, generators, pq

from provision.errors import DatabaseBusyError, TenantError, UnreachableError
from provision.tenant.connection import first_contact, guarded_login
from provision.tenant.connection.driver import TenantConnection, TooTalkativeError, poll_to_end
from provision.tenant.connection.libpq import certificate_file, keywords
from provision.tenant.failures.translate import failure, refused, translate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provision.tenant.connection.deadline import Deadline
    from provision.tenant.connection.result_room import ResultRoom
    from provision.tenant.host.target import Target
    from provision.tenant.network.policy import JudgedAddresses, NetworkPolicy

_T = TypeVar("_T")

# The server did not speak yet, so the next of its addresses may still do.
_NEXT_ADDRESS: Final = frozenset({"connection_refused", "unreachable", "connect_timeout"})
# What outdated keys lead to: the password was set anew, or is asked for differently.
_KEYS_OUTDATED: Final = frozenset({"auth_failed", "auth_method_refused"})


class NotBegunError(DatabaseBusyError):
    """We had too much else to do to ask the server in time: it is not to blame."""

    def __init__(self) -> None:
        super().__init__(
            "too_many_connections",
            "This server is busy with other databases that it connects to for the first time.",
            "Try again in a moment.",
            retry_after_s=5,
        )


def connect(
    deadline: Deadline,
    target: Target,
    *,
    policy: NetworkPolicy,
    query_timeout_s: float,
    max_result_bytes: int | None,
    room: ResultRoom | None = None,
) -> TenantConnection:
    """Resolve and judge the host, then open a connection, all within `deadline`.

    Raises TenantError, or AddressRefusedError where the policy does not let the host in.
    """
    judged = _resolve(deadline, target, policy)
    connection = connect_to(judged, deadline, target)
    connection.limit(query_timeout_s=query_timeout_s, max_result_bytes=max_result_bytes, room=room)
    return connection


def connect_to(judged: JudgedAddresses, deadline: Deadline, target: Target) -> TenantConnection:
    """Open a connection to one of these addresses; its answers have no limits yet.

    Raises TenantError.
    """
    if deadline.remaining() <= 0.0:
        raise failure("connect_timeout", target=target)
    with certificate_file(target) as certificate:

        def attempts(asked: Target) -> list[dict[str, str]]:
            return [
                keywords(
                    asked,
                    address=address,
                    certificate=certificate,
                    plain_text=judged.plain_text,
                    connect_timeout_s=deadline.limit_s,
                )
                for address in judged.addresses
            ]

        pgconn, target = _log_in(target, attempts, deadline)
    connection = TenantConnection(pgconn)
    connection.autocommit = True
    connection.prepare_threshold = None
    connection.target = target
    return connection


def _log_in(
    target: Target, attempts: Callable[[Target], list[dict[str, str]]], deadline: Deadline
) -> tuple[pq.abc.PGconn, Target]:
    """Log in as the first contact taught; make one where there was none, or its keys are outdated.

    Returns the target as it is known then.
    """

    def log_in(asked: Target, tried: Sequence[dict[str, str]]) -> pq.abc.PGconn:
        return _first_that_speaks(tried, deadline, asked, _attempt)

    if target.built_in or target.changes_salt or not first_contact.is_possible():
        return log_in(target, attempts(target)), target
    if target.had_contact:
        try:
            return log_in(target, attempts(target)), target
        except TenantError as error:
            if error.code not in _KEYS_OUTDATED:
                raise
    address, known = _first_that_speaks(
        attempts(target.before_contact()), deadline, target, _make_contact
    )

    def at_address(asked: Target) -> list[dict[str, str]]:
        return [each for each in attempts(asked) if each["hostaddr"] == address]

    try:
        return log_in(known, at_address(known)), known
    except TenantError as error:
        if error.code != "auth_failed" or known.is_md5:
            raise
    # The keys are as new as can be and of no use: the salt is another at each log-in there.
    known = replace(target.before_contact(), changes_salt=True)
    return log_in(known, at_address(known)), known


def _first_that_speaks(
    attempts: Sequence[dict[str, str]],
    deadline: Deadline,
    target: Target,
    attempt: Callable[[dict[str, str], Deadline, float, Target], _T | TenantError],
) -> _T:
    """Try one address after the other, for as long as no server speaks."""
    for left in range(len(attempts), 0, -1):
        # An address that swallows packets must leave time for those behind it.
        outcome = attempt(attempts[-left], deadline, 1.0 / left, target)
        if not isinstance(outcome, TenantError):
            return outcome
        if left == 1 or outcome.code not in _NEXT_ADDRESS or deadline.remaining() <= 0.0:
            raise outcome
    raise failure("dns_failed", target=target)


def _resolve(deadline: Deadline, target: Target, policy: NetworkPolicy) -> JudgedAddresses:
    """Resolve within the deadline; ask again where only its patience ended, not its limit."""
    while True:
        left = deadline.remaining()
        if left <= 0.0:
            raise failure("connect_timeout", target=target)
        begun = time.monotonic()
        try:
            return policy.resolve(target.host, target.port, timeout_s=left, exempt=target.built_in)
        except UnreachableError:
            if time.monotonic() - begun < left or deadline.remaining() <= 0.0:
                raise


def _attempt(
    attempt: dict[str, str], deadline: Deadline, share: float, target: Target
) -> pq.abc.PGconn | TenantError:
    """Log in within this share of what is left; return a failure, rather than raise it.

    Raised outside the `except`, it carries no trace of the original, which holds the password.
    """
    try:
        text = conninfo.make_conninfo("", **attempt)
        steps = guarded_login.connect(text) if target.changes_salt else generators.connect(text)
        pgconn: pq.abc.PGconn = poll_to_end(steps, deadline, share)
    except TimeoutError:
        return failure("connect_timeout", target=target)
    except guarded_login.TooManyRoundsError:
        return failure("auth_method_refused", target=target, why="rounds")
    except TooTalkativeError:
        return failure("not_postgres", target=target)
    except (psycopg.Error, OSError, ValueError) as error:
        found = translate(error, target=target, connecting=True)
    else:
        return pgconn
    return found if isinstance(found, TenantError) else failure("connection_failed", target=target)


def _make_contact(
    attempt: dict[str, str], deadline: Deadline, share: float, target: Target
) -> tuple[str, Target] | TenantError:
    """Make the first contact; return the address that spoke and the target as it is known now."""
    try:
        contact = first_contact.make(attempt, deadline, share)
    except TimeoutError:
        return failure("connect_timeout", target=target)
    except first_contact.NotStartedError:
        return NotBegunError()
    if contact.is_too_costly:
        return failure("auth_method_refused", target=target, why="rounds")
    before = target.before_contact()
    if contact.method == "scram":
        known = replace(before, client_key=contact.client_key, server_key=contact.server_key)
        return attempt["hostaddr"], known
    if contact.method == "md5" and target.allow_md5:
        return attempt["hostaddr"], replace(before, is_md5=True)
    return refused(
        contact.message, sqlstate=contact.sqlstate, routine=contact.routine, target=target
    )
