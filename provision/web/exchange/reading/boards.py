"""JSON as a table: the board of Trello, and any list of objects."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from provision.web.exchange.reading.delimited import MOST_CELLS, MOST_COLUMNS, MOST_ROWS, refusal

_HEADINGS: Final = [
    "Card Name", "Card Description", "List Name", "Members", "Due Date", "Due Complete",
    "Archived", "Labels", "Board Name", "Created", "Checklists",
]  # fmt: skip
_NAMES: Final = ("name", "fullName", "displayName", "title", "login", "username", "value", "email")
_DEPTH: Final = 4


def is_json(text: str) -> bool:
    """Return whether a text looks like JSON that holds rows."""
    start = text.lstrip()[:2000]
    return start.startswith(("{", "[{", "[ {", "[\n", "[\r\n")) and '"' in start


def read(text: str) -> list[tuple[str, list[list[str]]]]:
    """Return the tables in a JSON text, name and records. Raises ValidationError for `file`."""
    try:
        found: Any = msgspec.json.decode(text.encode(errors="replace"))
    except (msgspec.DecodeError, RecursionError):
        raise refusal(
            "This looks like JSON and cannot be read as such: it is cut off or damaged."
        ) from None
    if isinstance(found, dict) and isinstance(found.get("cards"), list) and "lists" in found:
        return [(_plain(found.get("name")), _cards(found))]
    tables: list[tuple[str, list[list[str]]]] = []
    left = MOST_CELLS
    for name, rows in _lists(found, "", _DEPTH):
        table = _table(rows, left)
        left -= len(table) * len(table[0])
        tables.append((name, table))
    if not tables:
        raise refusal(
            "No list of rows was found in this JSON file. Trello's board and a list of objects are "
            "read."
        )
    return tables


def _cards(board: dict[str, Any]) -> list[list[str]]:
    lists = {_plain(each.get("id")): each for each in _objects(board.get("lists"))}
    members = {
        _plain(each.get("id")): _plain(each.get("fullName") or each.get("username"))
        for each in _objects(board.get("members"))
    }
    steps = _checklists(board)
    records = [_HEADINGS]
    for card in _objects(board.get("cards"))[:MOST_ROWS]:
        column = lists.get(_plain(card.get("idList")), {})
        who = card.get("idMembers")
        ids = [_plain(each) for each in who] if isinstance(who, list) else []
        is_closed = bool(card.get("closed")) or bool(column.get("closed"))
        records.append(
            [
                _plain(card.get("name")),
                _plain(card.get("desc")),
                _plain(column.get("name")),
                ";".join(members.get(each, "") for each in ids if members.get(each)),
                _plain(card.get("due")),
                _plain(bool(card.get("dueComplete"))),
                _plain(is_closed),
                _joined(card.get("labels")),
                _plain(board.get("name")),
                _created(_plain(card.get("id"))),
                "\n".join(steps.get(_plain(card.get("id")), ())),
            ]
        )
    return records


def _checklists(board: dict[str, Any]) -> dict[str, list[str]]:
    """Return the lines of the checklists of each card, as Markdown."""
    lines: dict[str, list[str]] = {}
    for each in _objects(board.get("checklists")):
        own = lines.setdefault(_plain(each.get("idCard")), [])
        for item in _objects(each.get("checkItems")):
            mark = "x" if item.get("state") == "complete" else " "
            own.append(f"- [{mark}] {_plain(item.get('name'))}")
    return lines


def _created(card_id: str) -> str:
    """Return when a card was made: its id begins with the unix seconds in hexadecimal."""
    try:
        return datetime.fromtimestamp(int(card_id[:8], 16), UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def _lists(found: Any, name: str, depth: int) -> list[tuple[str, list[dict[str, Any]]]]:
    """Find the lists of objects near the top, each with the name of its member."""
    if isinstance(found, list):
        rows = _objects(found)
        return [(name, rows)] if rows and len(rows) == len(found) else []
    if not isinstance(found, dict) or not depth:
        return []
    return [each for key, value in found.items() for each in _lists(value, key, depth - 1)]


def _table(rows: list[dict[str, Any]], most_cells: int) -> list[list[str]]:
    headings = list(dict.fromkeys(key for row in rows[:MOST_ROWS] for key in row))[:MOST_COLUMNS]
    if len(headings) * (1 + min(len(rows), MOST_ROWS)) > most_cells:
        raise refusal("This file has too many fields. Split it into several files.")
    return [
        headings,
        *([_cell(row.get(key)) for key in headings] for row in rows[:MOST_ROWS]),
    ]


def _cell(value: Any) -> str:
    return _joined(value) if isinstance(value, list) else _plain(value)


def _joined(value: Any) -> str:
    if not isinstance(value, list):
        return _plain(value)
    return ";".join(text for each in value if (text := _plain(each)))


def _plain(value: Any) -> str:
    """Return a value as one cell; for an object, its name."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return next((_plain(value[key]) for key in _NAMES if isinstance(value.get(key), str)), "")
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
