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
    from collections.abc import Mapping

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


def changed_many(noun: Noun, values: Mapping[str, Any], named: Mapping[str, str]) -> str:
    """Say what was written to many rows; `named` are the names of what they refer to by column.

    Such as "Status → Done, Project → Website".
    """
    told = []
    for field in noun.fields:
        if field.column in values:
            stored = values[field.column]
            if isinstance(field, Reference):
                told.append(_referred(field, named.get(field.column) if stored else None))
            else:
                told.append(f"{_label(field)} → {_value(field, stored)}")
    return ", ".join(told)


def _told(field: Field, before: Any, after: Any, row: Any) -> str:
    if isinstance(field, Reference):
        # What it referred to before is known by its id alone.
        name = getattr(row, field.column.replace("_id", "_name"), None)
        return _referred(field, name or "none" if after else None)
    if getattr(field, "multiline", False):
        return _label(field)
    return f"{_label(field)} {_value(field, before)} → {_value(field, after)}"


def _referred(field: Field, name: str | None) -> str:
    return f"{_label(field)} taken off" if name is None else f"{_label(field)} → {_cut(name)}"


def _label(field: Field) -> str:
    return field.label.removesuffix(" date")


def _value(field: Field, stored: Any) -> str:
    if stored is None or stored == "":
        return "none"
    if isinstance(field, Choice):
        return field.labels.get(stored, str(stored))
    if isinstance(field, Day):
        return short_day(str(stored))
    if isinstance(field, Money):
        return money(Decimal(str(stored)))
    return _cut(stored)


def _cut(text: Any) -> str:
    words = " ".join(str(text or "none").split())
    return words if len(words) <= _MOST_LETTERS else f"{words[: _MOST_LETTERS - 1]}…"
