"""For which hosts this server answers, and whose pages may have it change something.

A page elsewhere can let its own name lead to this machine (DNS rebinding). Then the browser takes
this server for a part of that page, and only the `Host` tells. So a server on loopback, or one that
knows its public address, answers for the names it goes by and for no others.
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
# Load balancers ask these by whatever name they have for a machine; they tell nothing of anybody.
_FOR_ANY_HOST: Final = frozenset({"health.live", "health.ready"})
_PORT: Final = re.compile(r":[0-9]*$")
_USUAL_PORTS: Final = {"http": 80, "https": 443}


def refuse_unknown_host() -> None:
    """Raise ApiError (400) for a host that this server does not go by."""
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

    Whatever proves who is asking, a token too: no page of another site has any business here.
    Browsers of before 2020 and other programs say nothing; they need the CSRF token or a bearer's.
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
    """Whether an `Origin` is this site: the host asked for, or the public address.

    Where a proxy in front speaks TLS and is not trusted to say so, either scheme will do.
    """
    sent = _origin(origin)
    if sent is None:
        return False
    schemes = ("https",) if request.is_secure else ("http", "https")
    own = {_origin(f"{scheme}://{request.host}") for scheme in schemes}
    public = services().settings.public_url
    return sent in own or (public is not None and sent == _origin(public))


def is_asked_as_loopback() -> bool:
    """Whether the host asked for is this machine itself; a rebound name is not."""
    name = _asked_name()
    return name is None or is_this_machine(name)


@cache
def _known_names(settings: Settings) -> frozenset[str] | None:
    """The names besides loopback's; None where any will do, as nobody said how it is reached."""
    is_local = settings.mode in ("demo", "serve") and is_this_machine(_plain(settings.host))
    if settings.public_url is None and not is_local:
        return None
    names = {_plain(settings.host)}
    if settings.public_url is not None:
        names.add(_plain(urlsplit(settings.public_url).hostname or ""))
    return frozenset(names)


def _asked_name() -> str | None:
    """The host asked for, without its port; None where there is none, as in HTTP/1.0."""
    host = request.environ.get("HTTP_HOST")
    return None if host is None else _plain(_PORT.sub("", host))


def _plain(name: str) -> str:
    """One spelling of a host: small letters, no brackets, no dot at its end, as DNS has it."""
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
    """Scheme, host and port of an address; None for what is none, `null` included."""
    try:
        parts = urlsplit(text)
        port = parts.port or _USUAL_PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, _plain(parts.hostname), port) if parts.hostname else None
