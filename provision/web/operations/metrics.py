"""`/metrics`: what `provision.metrics` counts, for operators; requests are counted here."""

from __future__ import annotations

import hmac
import time
from typing import Any, Final

from flask import Blueprint, Flask, Response, g, make_response, request

from provision.loopback import is_loopback
from provision.web.request.services import services
from provision.web.request.sites import is_asked_as_loopback

bp = Blueprint("metrics", __name__)

_CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


def install(app: Flask) -> None:
    """Count every request of `app`; before other hooks, whose time is counted too."""
    app.before_request(_begin)
    app.after_request(_count)


@bp.get("/metrics")
def page() -> Response:
    """Answer with all numbers, if this machine asks or the token is sent."""
    token = services().settings.metrics_token
    if not (_has_token(token) or _is_from_here()):
        return _refuse(token)
    response = make_response(services().metrics.text())
    response.content_type = _CONTENT_TYPE
    return response


def _has_token(token: str | None) -> bool:
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    if token is None or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(sent.strip().encode("latin-1"), token.encode())


def _is_from_here() -> bool:
    """Return whether this machine asks: the peer, and the client that a trusted proxy names.

    And by which name: a page elsewhere whose name leads here has a browser of this machine ask.
    """
    if not is_asked_as_loopback():
        return False
    before: dict[str, Any] = request.environ.get("werkzeug.proxy_fix.orig", {})
    peer = before.get("REMOTE_ADDR", request.remote_addr)
    if not before and any(name in request.headers for name in _FORWARDED):
        return False  # through a proxy that nobody told us about: the client may be anywhere
    return is_loopback(peer) and is_loopback(request.remote_addr)


def _refuse(token: str | None) -> Response:
    if token is None:
        return _plain(
            "Metrics are told to this machine only. To read them from another one, set "
            "PROVISION_METRICS_TOKEN and send it: Authorization: Bearer <the token>.",
            403,
        )
    response = _plain(
        "Metrics are told to this machine, and to others with the token that "
        "PROVISION_METRICS_TOKEN holds. Send it: Authorization: Bearer <the token>.",
        401,
    )
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _plain(text: str, status: int) -> Response:
    response = make_response(text + "\n", status)
    response.content_type = "text/plain; charset=utf-8"
    return response


def _begin() -> None:
    g.begun_at = time.perf_counter()


def _count(response: Response) -> Response:
    rule = request.url_rule
    # Of what leads nowhere not even the method is a word of ours.
    route, method = (rule.rule, request.method) if rule else ("", "")
    took_s = time.perf_counter() - g.begun_at
    services().metrics.count_request(route, method, response.status_code, took_s)
    return response
