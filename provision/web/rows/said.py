"""What a message says of a change: the row by its name, and each field before and after."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from provision.nouns.fields import Choice, Day, Money, Reference
from provision.web.format.dates import short_day
from provision.web.format.money import money
from provision.web.format.names import short
from provision.web.request import undo_note

if TYPE_CHECKING:
    from provision.nouns.fields import Field
    from provision.nouns.noun import Noun

_MOST_FIELDS: Final = 2
_MOST_LETTERS: Final = 30


def changed(noun: Noun, row: Any, *, otherwise: str) -> str:
    """Say what the present request's write changed of `row`; `otherwise` where that is nothing.

    Such as "Paint the fence: Due 3 Dec → 5 Dec".
    """
    changes = undo_note.note().changes
    told = [
        _told(field, *changes[field.column], row)
        for field in noun.fields
        if field.column in changes
    ]
    if not told:
        return otherwise
    more = len(told) - _MOST_FIELDS
    if more > 0:
        told = [*told[:_MOST_FIELDS], f"{more} more"]
    name: str = getattr(row, noun.fields[0].column) or ""
    return f"{short(name)}: {', '.join(told)}"


def _told(field: Field, before: Any, after: Any, row: Any) -> str:
    label = field.label.removesuffix(" date")
    if isinstance(field, Reference):
        # What it referred to before is known by its id alone.
        name = getattr(row, field.column.replace("_id", "_name"), None)
        return f"{label} → {_cut(name)}" if after else f"{label} taken off"
    if getattr(field, "multiline", False):
        return label
    return f"{label} {_value(field, before)} → {_value(field, after)}"


def _value(field: Field, stored: Any) -> str:
    if stored is None or stored == "":
        return "none"
    if isinstance(field, Choice):
        return field.labels.get(stored, str(stored))
    if isinstance(field, Day):
        return short_day(stored)
    if isinstance(field, Money):
        return money(Decimal(str(stored)))
    return _cut(stored)


def _cut(text: Any) -> str:
    words = " ".join(str(text or "none").split())
    return words if len(words) <= _MOST_LETTERS else f"{words[: _MOST_LETTERS - 1]}…"
