"""Rows as the tables hold them, made of a draft that was checked."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid5

from provision.tenant.transfer.arriving import Rows
from provision.web.exchange.checking.present import id_of
from provision.web.exchange.columns.kinds import PROJECTS, TASKS, TEAM

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from provision.web.exchange.checking.draft import Draft
    from provision.web.exchange.checking.result import Changed, Checked, ReadyRow
    from provision.web.exchange.columns.people import Named

# Below each other in the order of the file, all of them within the second they arrive in.
_STEP_S: Final = Decimal("0.00001")
_NOUNS: Final = ("project", "assignee")

_Ids = dict[tuple[str, str], str]


def rows(draft: Draft, checked: Checked) -> tuple[Rows, Rows]:
    """Return the rows to add, with the projects and people that they need, and those to change.

    One to change has its id, its version, and the columns to write.
    """
    now = datetime.now(UTC).replace(tzinfo=None).isoformat()
    made: dict[str, list[dict[str, Any]]] = {"project": [], "assignee": []}
    ids: _Ids = {}
    for noun in draft.makes & checked.unknown.keys():
        defaults = (PROJECTS if noun == "project" else TEAM).noun.defaults
        for named in checked.unknown[noun]:
            # Of this press alone: the same name may have been made by an earlier one, and renamed.
            row_id = str(uuid5(draft.batch, f"{noun} {named.key}"))
            ids[noun, named.key] = row_id
            stamps = {"created_at": now, **({"updated_at": now} if noun == "project" else {})}
            email = {"email": named.email or None} if noun == "assignee" else {}
            row = {**defaults, "id": row_id, "name": named.name[:200], **email, **stamps}
            made[noun].append(row)
    seal = draft.seal
    written = [
        _new(draft, seal, place, row, ids, now=now)
        for place, row in enumerate(checked.ready, start=1)
    ]
    changed = [_over(draft, each, ids, now) for each in checked.changed]
    if draft.kind is TASKS:
        return Rows(made["project"], made["assignee"], written), Rows(tasks=changed)
    if draft.kind is PROJECTS:
        return Rows(written), Rows(changed)
    return Rows(team_members=written), Rows(team_members=changed)


def _new(
    draft: Draft, seal: UUID, place: int, ready: ReadyRow, ids: _Ids, *, now: str
) -> dict[str, Any]:
    """Return a row to add."""
    values = {**draft.kind.noun.defaults, **_resolved(ready.values, ids)}
    row: dict[str, Any] = {**values, "id": id_of(seal, ready.number)}
    row["created_at"] = row.get("created_at") or now
    if draft.kind is not TASKS:
        return row if draft.kind is not PROJECTS else {**row, "updated_at": now}
    if row["status"] != "done":
        row["completed_at"] = None
    row["updated_at"] = now
    row["position"] = Decimal(f"{time.time():.6f}") + place * _STEP_S
    return row


def _over(draft: Draft, changed: Changed, ids: _Ids, now: str) -> dict[str, Any]:
    """Return what to write over a row: the values that differ in the file, and what follows."""
    stored = changed.stored
    row = {"id": stored["id"], "version": stored["version"], **_resolved(changed.values, ids)}
    if draft.kind is TASKS and ("status" in row or "completed_at" in row):
        if row.get("status", stored["status"]) != "done":
            row["completed_at"] = None
        elif stored["status"] != "done":
            row["completed_at"] = changed.values.get("completed_at") or now
    if draft.kind is not TEAM:
        row["updated_at"] = now
    return row


def _resolved(values: Mapping[str, Any], ids: _Ids) -> dict[str, Any]:
    """Return the values with ids in place of names."""
    row = {name: value for name, value in values.items() if name not in _NOUNS}
    for noun in _NOUNS:
        if noun in values:
            named: Named = values[noun]
            row[f"{noun}_id"] = named.id or ids.get((noun, named.key))
    return row
