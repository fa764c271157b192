"""Find the rows of a draft that are in the workspace already, and those that change one."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid5

from provision.web.exchange.checking.result import BadCell, BadRow, Changed, ReadyRow
from provision.web.exchange.columns.kinds import PROGRESS, TASKS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from provision.web.exchange.checking.draft import Draft
    from provision.web.exchange.checking.result import Checked
    from provision.web.exchange.columns.people import Named

_NOUNS: Final = ("project", "assignee")
_SECONDS: Final = len("2026-02-28T14:30:00")

Stored = dict[str, Any]
"""A row as it is here, by column."""


def id_of(seal: UUID, number: int) -> str:
    """Return the id that a row of the file gets."""
    return str(uuid5(seal, f"row {number}"))


def sort_out(
    draft: Draft, checked: Checked, rows: list[Stored], by_id: Mapping[str, Stored]
) -> None:
    """Take from the ready rows those that are here; `rows` are what `wanted` asked for.

    `by_id` are rows by the ids that the file names.
    """
    ids = {str(row["id"]) for row in rows}
    keys = Counter(key for row in rows for key in _keys_of(draft, row))
    seen: set[str] = set()
    seal = draft.seal
    new = []
    for row in checked.ready:
        stored = by_id.get(str(row.values.get("id") or ""))
        if stored is not None:
            if str(stored["id"]) in seen:
                checked.bad.append(_twice(draft, row))
                continue
            seen.add(str(stored["id"]))
            _hold_against(draft, checked, row, stored)
        elif draft.again or not _is_here(draft, row, id_of(seal, row.number) in ids, keys):
            new.append(row)
        else:
            checked.present += 1
    checked.ready = new


def _twice(draft: Draft, row: ReadyRow) -> BadRow:
    place = draft.places("id")[0]
    value = str(row.values["id"])
    why = "Another row of the file has the same id. Leave one of them out."
    return BadRow(row.number, (BadCell(place, draft.kind.label("id"), value, why),))


def _is_here(draft: Draft, row: ReadyRow, is_known: bool, keys: Counter[Any]) -> bool:
    if is_known:
        return True
    for key in _keys_of_new(draft, row.values):
        if keys[key] > 0:
            keys[key] -= 1
            return True
    return False


def _keys_of(draft: Draft, row: Stored) -> list[tuple[Any, ...]]:
    """Return the keys of a row without an id; of a task title, project, and due or created."""
    if draft.kind is TASKS:
        start = (row["title"], row["project_id"])
        keys = [("due", *start, str(row["due_date"] or ""))]
        return [*keys, ("created", *start, _second(row["created_at"]))]
    if draft.kind.key == "team" and row["email"]:
        return [("email", str(row["email"]).casefold()), ("name", row["name"])]
    return [("name", row["name"])]


def _keys_of_new(draft: Draft, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    if draft.kind is TASKS:
        project: Named | None = values.get("project")
        if project is not None and project.name and not project.id:
            return []
        start = (values["title"], project.id if project else None)
        created = values.get("created_at")
        keys: list[tuple[Any, ...]] = [("due", *start, str(values.get("due_date") or ""))]
        return [*keys, ("created", *start, _second(created))] if created else keys
    if draft.kind.key == "team" and values.get("email"):
        return [("email", str(values["email"]).casefold())]
    return [("name", values["name"])]


def _hold_against(draft: Draft, checked: Checked, row: ReadyRow, stored: Stored) -> None:
    """Count a row as present if the file has the same values, else as changed."""
    values = dict(row.values)
    if not any(role in PROGRESS for role in draft.columns):
        values.pop("status", None)
        values.pop("completed_at", None)
    for noun in _NOUNS:
        if noun in values and values[noun].name and not values[noun].id and noun not in draft.makes:
            # A name that is not here and is not to be made says nothing.
            del values[noun]
        elif noun in values and not values[noun].name and not draft.places(noun, f"{noun}_email"):
            del values[noun]
    values.pop("id")
    values.pop("created_at", None)
    differing = {name: value for name, value in values.items() if not _is_same(name, value, stored)}
    was_done = values.get("status") == "done" == stored["status"]
    if was_done and "completed_at" in differing and differing["completed_at"] is None:
        del differing["completed_at"]
    if differing:
        checked.changed.append(Changed(row.number, stored, differing))
    else:
        checked.present += 1


def _is_same(name: str, value: Any, stored: Stored) -> bool:
    if name in _NOUNS:
        wanted = value.id or ("" if value.name else None)
        return bool(stored[f"{name}_id"] == wanted)
    held = stored.get(name)
    if name == "completed_at":
        return _second(value) == _second(held)
    if held in (None, "") and value in (None, ""):
        return True
    if isinstance(value, Decimal):
        try:
            return held is not None and Decimal(str(held)) == value
        except InvalidOperation:
            return False
    return str(held).replace("\r\n", "\n") == str(value)


def _second(moment: Any) -> str:
    """Return a moment cut to the second, as files hold it."""
    return str(moment or "").replace(" ", "T")[:_SECONDS]
