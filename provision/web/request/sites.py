"""Check the `Host` of a request, and refuse changes that other sites ask for.

Another site can point its own name at this machine (DNS rebinding). The browser then takes this
server for a part of that site; only the `Host` header shows it. So a server on loopback, or one
that knows its public address, answers only to its own names.
"""

from __future__ import annotations

import re
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from flask import request

from provision.loopback import is_this_machine
from provision.web.answer.problem_details import ApiError
from provision.web.request.services import services

if TYPE_CHECKING:
    from provision.settings import Settings

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# Load balancers use any name for a machine. These answers hold nothing about anybody.
_FOR_ANY_HOST: Final = frozenset({"health.live", "health.ready"})
_PORT: Final = re.compile(r":[0-9]*$")
_USUAL_PORTS: Final = {"http": 80, "https": 443}


def refuse_unknown_host() -> None:
    """Raise ApiError (400) for a host that is not a name of this server."""
    if request.endpoint in _FOR_ANY_HOST:
        return
    known = _known_names(services().settings)
    name = _asked_name()
    if known is None or name is None or name in known or is_this_machine(name):
        return
    raise ApiError(
        400,
        "bad_request",
        "This server does not go by the name that it was asked by. If the address is right, "
        "whoever runs this server has to set PROVISION_PUBLIC_URL to it, such as "
        "https://provision.example.org.",
    )


def refuse_other_sites() -> None:
    """Raise ApiError (403) for a change that the browser says another site has asked for.

    This holds for requests with an API token, too. Browsers from before 2020 and other programs do
    not say which site asks; they need the CSRF token or an API token.
    """
    if request.method in SAFE_METHODS:
        return
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    is_own = origin is None or is_own_origin(origin)
    # A sibling site on the same domain is another one; "none" is the person's own doing.
    if is_own and site in (None, "same-origin", "none"):
        return
    raise ApiError(
        403,
        "csrf_failed",
        "Another site has sent this, says your browser. Nothing was done. Load the page here and "
        "send it from there. If you did, whoever runs this server has to set PROVISION_PUBLIC_URL "
        "to the address that you see.",
    )


def is_own_origin(origin: str) -> bool:
    """Tell whether an `Origin` is this site: the host asked for, or the public address.

    Over plain HTTP both schemes count: a proxy that is not trusted may speak TLS in front.
    """
    sent = _origin(origin)
    if sent is None:
        return False
    schemes = ("https",) if request.is_secure else ("http", "https")
    own = {_origin(f"{scheme}://{request.host}") for scheme in schemes}
    public = services().settings.public_url
    return sent in own or (public is not None and sent == _origin(public))


def is_asked_as_loopback() -> bool:
    """Tell whether the `Host` is loopback; a name that was rebound to it is not."""
    name = _asked_name()
    return name is None or is_this_machine(name)


@cache
def _known_names(settings: Settings) -> frozenset[str] | None:
    """Return the names of this server besides loopback; None if it answers to any name.

    That is so if it listens beyond loopback and PROVISION_PUBLIC_URL is not set.
    """
    is_local = settings.mode in ("demo", "serve") and is_this_machine(_plain(settings.host))
    if settings.public_url is None and not is_local:
        return None
    names = {_plain(settings.host)}
    if settings.public_url is not None:
        names.add(_plain(urlsplit(settings.public_url).hostname or ""))
    return frozenset(names)


def _asked_name() -> str | None:
    """Return the `Host` without its port; None if there is none, as in HTTP/1.0."""
    host = request.environ.get("HTTP_HOST")
    return None if host is None else _plain(_PORT.sub("", host))


def _plain(name: str) -> str:
    """Return the canonical spelling of a host: lower case, no brackets, no dot at the end."""
    bare = name.removeprefix("[").removesuffix("]").lower().removesuffix(".")
    try:
        return str(ip_address(bare))
    except ValueError:
        pass
    try:
        return bare if bare.isascii() else bare.encode("idna").decode()
    except UnicodeError:
        return bare


def _origin(text: str) -> tuple[str, str, int] | None:
    """Return scheme, host and port of an address; None for other text, such as `null`."""
    try:
        parts = urlsplit(text)
        port = parts.port or _USUAL_PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, _plain(parts.hostname), port) if parts.hostname else None
