"""Undo what was just done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, flash, make_response, request, url_for
from flask import redirect as flask_redirect

from provision.tenant.queries import undo
from provision.tenant.queries.statements.undo_notes import SECONDS
from provision.tenant.transfer.importing import UNDO_S
from provision.web.answer import htmx as hx
from provision.web.answer.htmx import htmx
from provision.web.answer.urls import path_of, safe_next
from provision.web.request import session, workspace

if TYPE_CHECKING:
    from uuid import UUID

bp = Blueprint("undo", __name__)

_SAID: Final = {
    "done": (200, "Undone: everything is as it was."),
    "gone": (
        404,
        (
            f"This cannot be undone any more. That is possible once, for {SECONDS} seconds; of an"
            f" import, for {UNDO_S // 60} minutes."
        ),
    ),
    "changed": (
        409,
        "Something of it was changed again since. Nothing was undone: what is there is newer.",
    ),
}


@bp.post("/undo/<uuid:note_id>")
def take_back(note_id: UUID) -> Response:
    """Restore what the note holds; script then asks for the present page again."""
    outcome = workspace.write(undo.take_back, account=session.person().id, note_id=str(note_id))
    status, text = _SAID[outcome]
    if htmx and outcome != "done":
        return hx.toast(make_response("", status), text, "wrong")
    if htmx:
        return hx.toast(make_response("", 200), text, counts_changed=True, is_undone=True)
    flash(text, "done" if outcome == "done" else "wrong")
    return make_response(flask_redirect(_present_page(), 303))


def _present_page() -> str:
    """Return the page of the person; the undo may have restored or removed its row."""
    page = path_of(htmx.current_url or request.referrer)
    return safe_next(page) or url_for("dashboard.page")
