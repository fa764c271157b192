"""The note that a request's write leaves for taking it back; `answer/undo_offer` offers it."""

from __future__ import annotations

from flask import g

from provision.tenant.queries.statements.undo_notes import Note
from provision.web.request import session


def note() -> Note:
    """Ask the write that gets this to note how to take it back, for the person asking."""
    asked: Note | None = g.get("undo_note")
    if asked is None:
        asked = g.undo_note = Note(session.person().id)
    return asked
