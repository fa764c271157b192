"""The undo note of a request's write; `answer/undo_offer` offers it to the person."""

from __future__ import annotations

from flask import g

from provision.tenant.queries.statements.undo_notes import Note
from provision.web.request import session


def note() -> Note:
    """Return the note in which the write of this request keeps how to undo it."""
    asked: Note | None = g.get("undo_note")
    if asked is None:
        asked = g.undo_note = Note(session.person().id)
    return asked
