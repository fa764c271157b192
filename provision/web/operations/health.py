"""`/healthz`: the process is up. `/readyz`: it can serve. Neither asks a tenant's database."""

from __future__ import annotations

from flask import Blueprint, Response, make_response

from provision.web.request.services import services

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def live() -> Response:
    """Say that the process is up."""
    return _plain("ok", 200)


@bp.get("/readyz")
def ready() -> Response:
    """Say whether the control store can be read and, as far as is known, written."""
    why = services().store.why_not_ready()
    if why is not None:
        return _plain(f"the control store does not answer ({why})", 503)
    return _plain("ready", 200)


def _plain(text_: str, status: int) -> Response:
    response = make_response(text_ + "\n", status)
    response.content_type = "text/plain; charset=utf-8"
    return response
