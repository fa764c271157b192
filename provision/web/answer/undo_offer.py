"""The note that a request's write leaves for taking it back, and the offer in the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import g, url_for

from provision.tenant.queries.statements.undo_notes import Note
from provision.web.request import session

CANNOT: Final = "This cannot be undone."


@dataclass(frozen=True, slots=True)
class Toast:
    """What an answer says: `undo` is where it can be taken back, empty where it cannot."""

    text: str
    undo: str = ""


def note() -> Note:
    """Ask the write that gets this to note how to take it back, for the person asking."""
    asked: Note | None = g.get("undo_note")
    if asked is None:
        asked = g.undo_note = Note(session.person().id)
    return asked


def toast(text: str) -> Toast:
    """Say `text`, with the way back that the present request's write has noted."""
    asked: Note | None = g.get("undo_note")
    if asked is None or asked.is_kept is None:
        return Toast(text)
    if not asked.is_kept:
        return Toast(f"{text} {CANNOT}")
    return Toast(text, url_for("undo.take_back", note_id=asked.id))
