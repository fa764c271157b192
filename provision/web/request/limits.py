"""Rate limits for passwords, codes, registrations and connection tests (docs/settings.md).

Failures are counted by account *and* network address together, so that a stranger who fails at
somebody's account locks out only themselves. They are also counted by address alone. Code that
checks a password or a code calls `admit` first, and `failed` if it was wrong. Otherwise the end of
the request gives back the place that `admit` took. The account typed is kept as a digest only: now
and then it is a password in the wrong field.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Final

from flask import g, request

from provision.control.accounts.naming import normalized_email
from provision.control.attempts.budgets import AttemptBudget
from provision.control.store.identifiers import digest
from provision.errors import TooManyAttemptsError
from provision.web.request.services import services

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask, Response

_MINUTE_S: Final = 60
# One household or machine has 2^64 IPv6 addresses and may use any of them.
_IPV6_NETWORK_BITS: Final = 64
_WITH_PORT: Final = re.compile(r"^(?:\[(.*)\]|([^:]*))(?::\d+)?$")


def install(app: Flask) -> None:
    """Make `app` give back, at the end of each request, the places of tries that did not fail."""
    app.after_request(_give_back)


def admit(account: str) -> None:
    """Take a place for a try at a password or a code; a second call in one request takes none.

    `account` is the e-mail address typed. Raises TooManyAttemptsError.
    """
    if account in _places():
        return
    network = _network()
    _places()[account] = _take(
        "Too many failed tries from your network address.",
        AttemptBudget(_key("failures", network, normalized_email(account)), 10, 5 * _MINUTE_S),
        AttemptBudget(_key("failures", network), 60, 5 * _MINUTE_S),
    )


def failed(account: str) -> None:
    """Count the try that `admit` let in as a failure."""
    _places().pop(account, None)


def admit_code(user_id: str) -> None:
    """Take a place for a try at an authenticator's code, counted by account alone.

    Somebody who knows the password and has many addresses could guess six digits. Recovery codes
    are too long to guess and are not counted here, so that the person can still sign in with one.
    Raises TooManyAttemptsError.
    """
    _places()[_codes_of(user_id)] = _take(
        "Too many wrong codes for this account. A recovery code still works.",
        AttemptBudget(_key("codes of", user_id), 60, 60 * _MINUTE_S),
    )


def failed_code(user_id: str) -> None:
    """Count the try that `admit_code` let in as a failure."""
    _places().pop(_codes_of(user_id), None)


def admit_registration() -> None:
    """Count an account that is about to be made. Raises TooManyAttemptsError."""
    _take(
        "Too many accounts have been asked for from your network address.",
        AttemptBudget(_key("registrations", _network()), 30, 60 * _MINUTE_S),
    )


def admit_connection_test(user_id: str) -> None:
    """Count a connection test that is about to begin. Raises TooManyAttemptsError."""
    _take(
        "Too many connection tests within a minute. Nothing was tested or saved.",
        AttemptBudget(_key("tests of", user_id), 20, _MINUTE_S),
        AttemptBudget(_key("tests from", _network()), 200, _MINUTE_S),
    )


def network_of(address: str) -> str:
    """Return what is counted of a client's address: the IPv4 address, or the IPv6 network."""
    # Some proxies add the port, which differs from connection to connection.
    bare = _WITH_PORT.sub(r"\1\2", address)
    try:
        parsed = ip_address(bare)
    except ValueError:  # a socket of this machine, or what a proxy made up
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), _IPV6_NETWORK_BITS), strict=False))


def _take(message: str, *budgets: AttemptBudget) -> Callable[[], None]:
    if not services().settings.limits:
        return lambda: None
    try:
        return services().attempts.take(budgets)
    except TooManyAttemptsError as error:
        raise TooManyAttemptsError(error.retry_after_s, message) from None


def _give_back(response: Response) -> Response:
    # After a server error nobody knows whether the password or code was right.
    if response.status_code < 500:
        for give_back in _places().values():
            give_back()
    return response


def _places() -> dict[str, Callable[[], None]]:
    """Return the places taken in this request, by account."""
    if "places" not in g:
        g.places = {}
    places: dict[str, Callable[[], None]] = g.places
    return places


def _codes_of(user_id: str) -> str:
    return f"codes of {user_id}"


def _network() -> str:
    return network_of(request.remote_addr or "")


def _key(*parts: str) -> str:
    return digest("\0".join(parts))
