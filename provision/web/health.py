"""`/healthz`: the process is up. `/readyz`: it can serve. Neither asks a tenant's database."""

from __future__ import annotations

from flask import Blueprint, Response, make_response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from provision.web.services import services

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def live() -> Response:
    """Up."""
    return _plain("ok", 200)


@bp.get("/readyz")
def ready() -> Response:
    """Up, and the control store answers."""
    try:
        with services().store.reading() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return _plain("the control store does not answer", 503)
    return _plain("ready", 200)


def _plain(text_: str, status: int) -> Response:
    response = make_response(text_ + "\n", status)
    response.content_type = "text/plain; charset=utf-8"
    return response
