"""Find the headings of a table, and rows that are no data: titles, repeated headings, groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from provision.web.exchange.words import folding, headings

if TYPE_CHECKING:
    from collections.abc import Sequence

GROUP: Final = "Group"
"""What the column is called that group names are put into."""
_LOOKED_AT: Final = 40
_PLAN: Final = ("planname", "board", "boardname", "project", "projectname", "projekt", "plan")
_TYPES: Final = frozenset({"task", "section", "note", "meta", ""})


@dataclass(slots=True)
class Shape:
    """`heading` is the place of the headings among the records, -1 for none.

    `rows` are the records below, each with its number in the sheet. `groups` are names that stood
    alone in a row; `repeats`, `sums` and `parts` count headings that came again, rows with sums
    and rows of parts of an item. `project` is named above the headings.
    """

    heading: int
    headings: list[str]
    rows: list[tuple[int, list[str]]]
    groups: list[str] = field(default_factory=list)
    repeats: int = 0
    sums: int = 0
    parts: int = 0
    project: str = ""


def find_heading(records: Sequence[Sequence[str]], roles: frozenset[str]) -> int:
    """Return the place of the record with the headings, -1 where there seem to be none."""
    filled = [
        (place, record) for place, record in enumerate(records[:_LOOKED_AT]) if any(_cells(record))
    ]
    if not filled:
        return -1
    known = {
        place: sum(headings.is_known(cell, roles) for cell in set(_cells(record)))
        for place, record in filled
    }
    best = max(known, key=lambda place: (known[place], -place))
    if known[best]:
        return best
    widest = max(len(_cells(record)) for _, record in filled)
    return -1 if widest < 2 else filled[0][0]


def shape(records: Sequence[list[str]], heading: int) -> Shape:
    """Return the table below the headings, without what is no row of it."""
    width = _width(records, heading)
    names = list(records[heading]) if 0 <= heading < len(records) else []
    names = [(names[place].strip() if place < len(names) else "") for place in range(width)]
    found = Shape(heading, names, [])
    if heading >= 0:
        found.project = _project_above(records[:heading])
    plain = [folding.heading(each) for each in names]
    if "type" in plain and "content" in plain:
        _read_typed(found, records, plain.index("type"), plain)
    else:
        _read_groups(found, records)
    found.headings = [
        name or (f"Column {place + 1}" if place < width else GROUP)
        for place, name in enumerate(found.headings)
    ]
    return found


def _width(records: Sequence[Sequence[str]], heading: int) -> int:
    """Return how many cells a row has; a few rows longer than the headings do not count."""
    widths = [len(record) for record in records[max(0, heading) :]]
    if heading >= 0 and widths:
        longer = sum(width > widths[0] for width in widths)
        if longer * 2 < len(widths):
            return widths[0]
    return max(widths, default=0)


def _cells(record: Sequence[str]) -> list[str]:
    return [cell.strip() for cell in record if cell.strip()]


def _project_above(records: Sequence[Sequence[str]]) -> str:
    """Return the project named by two cells above the headings: `Plan name | Website`."""
    for record in records:
        cells = _cells(record)
        if len(cells) == 1 and ":" in cells[0]:
            cells = [each.strip() for each in cells[0].split(":", 1)]
        if len(cells) == 2 and folding.heading(cells[0]) in _PLAN:
            return cells[1][:200]
    return ""


def _read_groups(found: Shape, records: Sequence[list[str]]) -> None:
    is_group = _groups(found, records)
    has_groups = bool(is_group)
    group, in_parts = "", False
    start = found.heading + 1
    above = [place for place in is_group if place < start]
    if above:
        group = _cells(records[above[-1]])[0]
        found.groups.append(group)
    for place in range(start, len(records)):
        record = records[place]
        if not any(_cells(record)):
            in_parts = False
        elif place in is_group:
            group, in_parts = _cells(record)[0], False
            found.groups.append(group)
        elif _is_repeat(found, record):
            found.repeats += 1
            in_parts = False
        elif has_groups and folding.word(record[0]) == "subitems" and len(_cells(record)) > 1:
            in_parts = True
        elif has_groups and not record[0].strip():
            if in_parts:
                found.parts += 1
            else:
                found.sums += 1
        else:
            in_parts = False
            width = len(found.headings)
            full = [*record, *[""] * (width - len(record)), group] if has_groups else record
            found.rows.append((place + 1, full))
    if has_groups:
        found.headings = [*found.headings, ""]
        if above and not found.project:
            firsts = [cells[0] for each in records[: above[-1]] if (cells := _cells(each))]
            found.project = firsts[0][:200] if firsts else ""


def _groups(found: Shape, records: Sequence[list[str]]) -> set[int]:
    """Find the rows that only name a group: each stands above headings of its own."""
    if found.heading < 0 or len(_cells(found.headings)) < 3:
        return set()
    filled = [place for place, record in enumerate(records) if any(_cells(record))]
    heads = {
        place for place in filled if place >= found.heading and _is_repeat(found, records[place])
    }
    if len(heads) > 1:
        return {
            place
            for place, following in pairwise(filled)
            if following in heads and len(_cells(records[place])) == 1
        }
    return _groups_after_blanks(found, records)


def _groups_after_blanks(found: Shape, records: Sequence[list[str]]) -> set[int]:
    """Find names that stand alone below an empty row, or right below the headings."""
    alone = {
        place
        for place in range(found.heading + 1, len(records) - 1)
        if len(_cells(records[place])) == 1
        and records[place][0].strip()
        and (place == found.heading + 1 or not any(_cells(records[place - 1])))
        and len(_cells(records[place + 1])) > 1
    }
    after_blank = [place for place in alone if place > found.heading + 1]
    return alone if len(alone) > 1 and after_blank else set()


def _is_repeat(found: Shape, record: Sequence[str]) -> bool:
    """Tell whether a row repeats the headings."""
    if found.heading < 0 or len(_cells(record)) < 2:
        return False
    return all(
        place < len(found.headings) and cell.strip() == found.headings[place]
        for place, cell in enumerate(record)
        if cell.strip()
    )


def _read_typed(
    found: Shape, records: Sequence[list[str]], kind: int, plain: Sequence[str]
) -> None:
    """Read rows that name their own type: task, section, or note on the task above."""
    content = plain.index("content")
    notes = plain.index("description") if "description" in plain else -1
    width, group = len(found.headings), ""
    for place in range(found.heading + 1, len(records)):
        record = [*records[place], *[""] * (width - len(records[place]))]
        said = record[kind].strip().lower()
        if not any(_cells(record)):
            continue
        if said == "section":
            group = record[content].strip()
            found.groups.append(group)
        elif said == "note" and found.rows:
            above = found.rows[-1][1]
            if notes >= 0:
                above[notes] = "\n\n".join(filter(None, [above[notes], record[content]]))
            else:
                found.parts += 1
        elif said in _TYPES and said != "task":
            continue
        else:
            found.rows.append((place + 1, [*record[:width], group]))
    found.headings = [*found.headings, ""]
