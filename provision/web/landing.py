"""`/`: what this is, for strangers; the signed-in go straight to their dashboard."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from provision.web.answer.partials import leave_for, respond
from provision.web.request import session
from provision.web.request.services import services

bp = Blueprint("landing", __name__)


@bp.get("/")
def page() -> Response:
    """Show the landing page."""
    if session.person_or_none():
        return leave_for(url_for("dashboard.page"))
    return respond("landing.html", demo=services().settings.mode == "demo")
