"""The form to log in, with what was typed before the session ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provision.web.answer.partials import show_form
from provision.web.request.services import services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response


def show_login(
    target: str, carried: Mapping[str, str], *, why: str = "", **context: Any
) -> Response:
    """Show the form; `why` says what stopped a log-in that was under way, `carried` goes along."""
    settings = services().settings
    return show_form(
        "account/login.html",
        next=target,
        carried=carried,
        why=why,
        registration_closed=settings.registration == "closed",
        demo=settings.mode == "demo",
        **context,
    )
