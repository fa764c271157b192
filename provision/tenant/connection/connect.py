"""Open a connection to a tenant's PostgreSQL: to a judged address, told everything, within a limit.

What the doctor and the registry open connections with. The name is resolved and judged each time,
the judged address is the one connected to, and a failure comes out as one of ours.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

import psycopg
from psycopg import conninfo, generators, pq

from provision.errors import DatabaseBusyError, TenantError, UnreachableError
from provision.tenant.connection import first_contact, guarded_login
from provision.tenant.connection.deadline import Deadline
from provision.tenant.connection.driver import TenantConnection, TooTalkativeError, poll_to_end
from provision.tenant.connection.libpq import certificate_file, keywords
from provision.tenant.failures.translate import failure, refused, translate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provision.tenant.connection.result_room import Room
    from provision.tenant.host.target import Target
    from provision.tenant.network.policy import NetworkPolicy

_T = TypeVar("_T")

__all__ = ["Deadline", "NotBegunError", "TenantConnection", "connect", "connect_by"]

# The server did not speak yet, so the next of its addresses may still do.
_NEXT_ADDRESS: Final = frozenset({"connection_refused", "unreachable", "connect_timeout"})
# What keys lead to that hold no more: the password was set anew, or is asked for differently.
_TAUGHT_WRONG: Final = frozenset({"auth_failed", "auth_method_refused"})


class NotBegunError(DatabaseBusyError):
    """We had too much else to do to turn to the server in time: it is not to blame."""

    def __init__(self) -> None:
        super().__init__(
            "too_many_connections",
            "This server is busy with other databases that it connects to for the first time.",
            "Try again in a moment.",
            retry_after_s=5,
        )


def connect(
    target: Target,
    *,
    policy: NetworkPolicy,
    timeout_s: float,
    query_timeout_s: float,
    max_result_bytes: int | None,
    application_name: str = "provision",
) -> TenantConnection:
    """Open a connection within `timeout_s` in all, name resolution included.

    Raises TenantError, or AddressRefusedError where the policy does not let the host in.
    """
    return connect_by(
        Deadline(timeout_s),
        target,
        policy=policy,
        query_timeout_s=query_timeout_s,
        max_result_bytes=max_result_bytes,
        application_name=application_name,
    )


def connect_by(
    deadline: Deadline,
    target: Target,
    *,
    policy: NetworkPolicy,
    query_timeout_s: float,
    max_result_bytes: int | None,
    application_name: str = "provision",
    room: Room | None = None,
) -> TenantConnection:
    """`connect` under the deadline of a call that began earlier."""
    addresses = _resolve(deadline, target, policy)
    plain_text = target.built_in or policy.lets_plain_text_pass(addresses)
    with certificate_file(target) as certificate:

        def attempts(asked: Target) -> list[dict[str, str]]:
            return [
                keywords(
                    asked,
                    address=address,
                    certificate=certificate,
                    plain_text=plain_text,
                    connect_timeout_s=deadline.limit_s,
                    application_name=application_name,
                )
                for address in addresses
            ]

        pgconn, target = _log_in(target, attempts, deadline)
    connection = TenantConnection(pgconn)
    connection.autocommit = True
    connection.prepare_threshold = None
    connection.target = target
    connection.limit(query_timeout_s=query_timeout_s, max_result_bytes=max_result_bytes, room=room)
    return connection


def _log_in(
    target: Target, attempts: Callable[[Target], list[dict[str, str]]], deadline: Deadline
) -> tuple[pq.abc.PGconn, Target]:
    """Log in as the first contact taught; make one where there was none, or it holds no more."""

    def enter(asked: Target, tried: Sequence[dict[str, str]]) -> pq.abc.PGconn:
        return _first_that_speaks(tried, deadline, asked, _attempt)

    if target.built_in or target.is_unsteady or not first_contact.is_possible():
        return enter(target, attempts(target)), target
    if target.is_met:
        try:
            return enter(target, attempts(target)), target
        except TenantError as error:
            if error.code not in _TAUGHT_WRONG:
                raise
    address, met = _first_that_speaks(attempts(target.unmet()), deadline, target, _meet)

    def there(asked: Target) -> list[dict[str, str]]:
        return [each for each in attempts(asked) if each["hostaddr"] == address]

    try:
        return enter(met, there(met)), met
    except TenantError as error:
        if error.code != "auth_failed" or met.is_md5:
            raise
    # The keys are as new as can be, and yet of no use: they are others at each log-in there.
    met = replace(target.unmet(), is_unsteady=True)
    return enter(met, there(met)), met


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


def _resolve(deadline: Deadline, target: Target, policy: NetworkPolicy) -> tuple[str, ...]:
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
    """Shake hands within this share of what is left; the failure is returned, not raised.

    Raised outside the `except`, it carries no trace of the original, which holds the password.
    """
    try:
        text = conninfo.make_conninfo("", **attempt)
        steps = guarded_login.connect(text) if target.is_unsteady else generators.connect(text)
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


def _meet(
    attempt: dict[str, str], deadline: Deadline, share: float, target: Target
) -> tuple[str, Target] | TenantError:
    """Make the first contact; return the address that spoke and the target as it is known now."""
    try:
        contact = first_contact.meet(attempt, deadline, share)
    except TimeoutError:
        return failure("connect_timeout", target=target)
    except first_contact.NotBegunError:
        return NotBegunError()
    if contact.burned:
        return failure("auth_method_refused", target=target, why="rounds")
    if contact.method == "scram":
        met = replace(
            target, client_key=contact.client_key, server_key=contact.server_key, is_md5=False
        )
        return attempt["hostaddr"], met
    if contact.method == "md5" and target.allow_md5:
        return attempt["hostaddr"], replace(target.unmet(), is_md5=True)
    return refused(
        contact.message, sqlstate=contact.sqlstate, routine=contact.routine, target=target
    )
