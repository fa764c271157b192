"""The theme of this browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.web.answer.partials import respond
from provision.web.settings.blueprint import bp
from provision.web.settings.frame import frame

if TYPE_CHECKING:
    from flask import Response


@bp.get("/appearance")
def appearance() -> Response:
    """Show the choice of theme: light, dark, or as the system says."""
    return respond("settings/appearance.html", "appearance", shell=frame())
