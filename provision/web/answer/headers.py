"""Set the headers of every answer, and read and name the session cookie."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from flask import Flask, Request, Response, make_response, redirect, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature
from werkzeug.exceptions import NotFound
from werkzeug.routing import RequestRedirect

from provision.security_headers import SECURITY
from provision.web.answer.problem_details import problem
from provision.web.answer.urls import is_api_request, path_of, safe_next

if TYPE_CHECKING:
    from itsdangerous import URLSafeTimedSerializer

_YEAR_S: Final = 31_536_000
_HSTS: Final = f"max-age={_YEAR_S}; includeSubDomains"
# What browsers send; any other `Host` was made by hand.
_LABEL: Final = r"[A-Za-z0-9_-]{1,63}"
_HOST: Final = re.compile(
    rf"({_LABEL}(\.{_LABEL}){{0,125}}\.?|\[[0-9A-Fa-f:.]{{2,45}}\])(:[0-9]{{1,5}})?"
)


class SessionCookie(SecureCookieSessionInterface):
    """The signed session cookie: `__Host-` and Secure whenever the page came over HTTPS."""

    digest_method = staticmethod(hashlib.sha256)

    def __init__(self) -> None:
        self._serializer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        # Made once: its key stays the same for as long as the app runs.
        if self._serializer is None:
            self._serializer = super().get_signing_serializer(app)
        return self._serializer

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie whatever time its signature names.

        How long a sign-in lasts stands in its row. The cookie may come from another machine whose
        clock is ahead of ours, and a signature of the future would be refused.
        """
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        value = request.cookies.get(self.get_cookie_name(app))
        try:
            return SecureCookieSession(serializer.loads(value) if value else None)
        except BadSignature:
            return SecureCookieSession()

    def get_cookie_name(self, app: Flask) -> str:
        return cookie_name(super().get_cookie_name(app))

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def cookie_name(name: str) -> str:
    """Return the name of a cookie, over HTTPS with `__Host-`.

    Another site on the same domain cannot set a cookie whose name begins so.
    """
    return f"__Host-{name}" if request.is_secure else name


def refuse_malformed_host() -> Response | None:
    """Answer 400 to a request for a host that no browser asks for.

    The answer is plain text: for some hosts Flask cannot make addresses, and so no page. Below
    `/api` it is a problem in JSON.
    """
    host = request.environ.get("HTTP_HOST")
    is_old = request.environ.get("SERVER_PROTOCOL") == "HTTP/1.0"
    if is_old if host is None else _HOST.fullmatch(host):
        return None
    words = "This request names no host that could be meant."
    if is_api_request():
        return problem(400, "bad_request", words)
    response = make_response(f"{words}\n", 400)
    response.content_type = "text/plain; charset=utf-8"
    return response


def redirect_within_this_site() -> Response | None:
    """Redirect to the proper spelling of an address, without the `Host` that the router adds."""
    wanted = request.routing_exception
    if not isinstance(wanted, RequestRedirect):
        return None
    if is_api_request():
        # A program gets a 404: many would follow a redirect of a POST with a GET.
        raise NotFound
    return make_response(redirect(safe_next(path_of(wanted.new_url)) or "/", 308))


def add_security_headers(response: Response) -> Response:
    """Add the missing headers; answers are private and not cached unless they say otherwise."""
    headers = response.headers
    # Each look-up in `headers` goes through all of them.
    there = {name.lower() for name, _ in headers}
    headers.extend((name, value) for name, value in SECURITY.items() if name.lower() not in there)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", _HSTS)
    # How long a static file may be kept is said where it is sent (web/answer/assets).
    if request.endpoint != "static" or response.status_code not in (200, 206, 304):
        response.headers.setdefault("Cache-Control", "no-store")
    return response
