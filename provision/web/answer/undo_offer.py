"""The offer to undo a change, in the answer to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import g, url_for

if TYPE_CHECKING:
    from provision.tenant.queries.statements.undo_notes import Note

CANNOT: Final = "This cannot be undone."


@dataclass(frozen=True, slots=True)
class Toast:
    """What an answer says; `undo` is the address that undoes it, empty if nothing can."""

    text: str
    undo: str = ""


def toast(text: str) -> Toast:
    """Return `text` with the undo that the write of the present request has noted."""
    asked: Note | None = g.get("undo_note")
    if asked is None or asked.is_kept is None:
        return Toast(text)
    if not asked.is_kept:
        return Toast(f"{text} {CANNOT}")
    return Toast(text, url_for("undo.take_back", note_id=asked.id))
