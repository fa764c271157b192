"""The rows of a draft held against the rules: what is ready to be written, and what is not, why."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid5

from provision.nouns.fields import Choice, Day, FieldError, Money
from provision.tenant.transfer.arriving import Rows
from provision.web.exchange import cells
from provision.web.exchange.kinds import PROJECTS, TASKS, TEAM

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from provision.tenant.transfer.arriving import Names
    from provision.web.exchange.draft import Draft

_MOST_SAMPLES: Final = 3
# A hundred empty columns are looked through one after the other.
_MOST_SAMPLED: Final = 200
_PREVIEWED: Final = 5
# Below each other in the order of the file, all of them within the second they arrive in.
_DAY_FORMS: Final = "2026-02-28, 28.02.2026 or 28 Feb 2026"
_STEP_S: Final = Decimal("0.00001")


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that cannot be taken; `column` is its place in the row."""

    column: int
    label: str
    value: str
    message: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """`number` as the spreadsheet counts; a row may be too long as well as hold bad cells."""

    number: int
    cells: tuple[BadCell, ...]
    message: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """`values` are the rows that are ready, in the order of the file.

    `unknown` are the names that no project or person here has, by `project` and `assignee`.
    `lacks` says what has to be chosen before anything can be read.
    """

    values: tuple[Mapping[str, Any], ...]
    bad: tuple[BadRow, ...]
    unknown: Mapping[str, tuple[str, ...]]
    lacks: str = ""
    asks_for_order: bool = False

    @property
    def preview(self) -> tuple[Mapping[str, Any], ...]:
        return self.values[:_PREVIEWED]


@dataclass(slots=True)
class _Directory:
    """Who or what is known by name; `unknown` are the names that were looked for in vain."""

    what: str
    exact: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    folded: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_email: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)

    def enter(self, row: Names) -> None:
        name = row.name.strip()
        self.exact[name].add(row.id)
        self.folded[name.casefold()].add(row.id)
        if row.email:
            self.by_email[row.email.strip().casefold()] = row.id

    def find(self, name: str) -> str | None:
        """The id; None for no name and for one that nobody has. Raises FieldError."""
        name = name.strip()
        if not name:
            return None
        key = name.casefold()
        found = self.exact.get(name) or self.folded.get(key) or set()
        if len(found) > 1:
            raise FieldError(
                f"More than one {self.what} is called {name}. Rename one of them first."
            )
        if found or key in self.by_email:
            return next(iter(found), "") or self.by_email[key]
        if len(name) > 200 or any(ord(letter) < 32 for letter in name):
            raise FieldError("A name has 200 characters at most, on one line.")
        return None

    def ask_for(self, found: str | None, name: str) -> None:
        """Remember a name that `find` did not find."""
        if name and not found:
            self.unknown.setdefault(name.casefold(), name)


def check(draft: Draft, known: Mapping[str, Sequence[Names]]) -> Checked:
    """Look at every row; `known` are the `project` and `assignee` that are there already."""
    needed, label = draft.kind.columns[0]
    if needed not in draft.columns:
        return Checked((), (), {}, lacks=f"Choose the column that holds the {label.lower()}.")
    twice = {name for name in draft.columns if name and draft.columns.count(name) > 1}
    if twice:
        labels = ", ".join(sorted(draft.kind.label(name) for name in twice))
        return Checked((), (), {}, lacks=f"Two columns are both taken as {labels}. Choose one.")
    directories, orders, width = _directories(draft, known), _orders(draft), draft.width
    ready, bad = [], []
    for number, record in draft.body:
        if number in draft.left_out:
            continue
        values, wrong = _row(draft, record, directories, orders)
        extra = any(cell.strip() for cell in record[width:])
        if not (wrong or extra) or not draft.leaves_out_all:
            # A row that stays behind makes no project and no person.
            for noun in directories.keys() & values.keys():
                directories[noun].ask_for(*values[noun])
        if wrong or extra:
            bad.append(
                BadRow(
                    number,
                    tuple(wrong),
                    "It has more cells than there are headings." if extra else "",
                )
            )
        else:
            ready.append(values)
    return Checked(
        tuple(ready),
        () if draft.leaves_out_all else tuple(bad),
        {noun: tuple(each.unknown.values()) for noun, each in directories.items()},
        asks_for_order=_asks_for_order(draft, orders),
    )


def rows(draft: Draft, checked: Checked) -> Rows:
    """What is to be written, the projects and people that are made along the way included."""
    now = datetime.now(UTC).replace(tzinfo=None).isoformat()
    made: dict[str, list[dict[str, Any]]] = {"project": [], "assignee": []}
    ids: dict[tuple[str, str], str] = {}
    for noun in draft.makes & checked.unknown.keys():
        defaults = (PROJECTS if noun == "project" else TEAM).noun.defaults
        for name in checked.unknown[noun]:
            row_id = str(uuid5(draft.batch, f"{noun} {name.casefold()}"))
            ids[noun, name.casefold()] = row_id
            stamps = {"created_at": now, **({"updated_at": now} if noun == "project" else {})}
            made[noun].append({**defaults, "id": row_id, "name": name, **stamps})
    written = [
        _written(draft, number, values, ids, now)
        for number, values in enumerate(checked.values, start=1)
    ]
    if draft.kind is TASKS:
        return Rows(made["project"], made["assignee"], written)
    return Rows(written) if draft.kind is PROJECTS else Rows(team_members=written)


def samples(draft: Draft, column: int) -> str:
    """The first few things that stand in a column, near the top of the sheet."""
    rows = draft.records[int(draft.has_headings) : _MOST_SAMPLED]
    found = (record[column].strip() for record in rows if column < len(record))
    shown = [cell if len(cell) <= 40 else f"{cell[:39]}…" for cell in _first(found, _MOST_SAMPLES)]
    return ", ".join(shown)


def _first(texts: Iterable[str], most: int) -> list[str]:
    found: list[str] = []
    for text in texts:
        if text and text not in found:
            found.append(text)
        if len(found) == most:
            break
    return found


def _directories(draft: Draft, known: Mapping[str, Sequence[Names]]) -> dict[str, _Directory]:
    words = {"project": "project", "assignee": "person"}
    directories = {noun: _Directory(what) for noun, what in words.items() if noun in draft.columns}
    for noun, directory in directories.items():
        for row in known.get(noun, ()):
            directory.enter(row)
    return directories


def _orders(draft: Draft) -> dict[int, cells.DayOrder]:
    """Of each column with dates whether the day or the month comes first."""
    return {
        number: cells.order_of(record[number] for _, record in draft.body if number < len(record))
        or draft.order
        for number, name in enumerate(draft.columns)
        if name == "due_date" or name.endswith("_at")
    }


def _asks_for_order(draft: Draft, orders: Mapping[int, cells.DayOrder]) -> bool:
    """Whether some column has dates that only the person can read."""
    for number in orders:
        texts = [record[number] for _, record in draft.body if number < len(record)]
        if not cells.order_of(texts) and any(map(cells.is_ambiguous, texts)):
            return True
    return False


def _row(
    draft: Draft,
    record: Sequence[str],
    directories: Mapping[str, _Directory],
    orders: Mapping[int, cells.DayOrder],
) -> tuple[dict[str, Any], list[BadCell]]:
    values: dict[str, Any] = {}
    wrong: list[BadCell] = []
    for number, name in enumerate(draft.columns):
        if not name:
            continue
        cell = record[number] if number < len(record) else ""
        try:
            if name in directories:
                values[name] = (directories[name].find(cell), cell.strip())
            elif name.endswith("_at"):
                values[name] = _instant(cell, orders[number])
            else:
                values[name] = _value(draft, name, cell, orders.get(number, ""))
        except FieldError as error:
            wrong.append(BadCell(number, draft.kind.label(name), cell, str(error)))
    return values, wrong


def _value(draft: Draft, name: str, cell: str, order: cells.DayOrder) -> Any:
    """What is stored for a cell; an empty one is as if its column were not there."""
    rule = draft.kind.fields[name]
    if not cell.strip() and not rule.required:
        return rule.default
    if isinstance(rule, Day):
        if cells.is_ambiguous(cell) and not order:
            raise FieldError("Is the day or the month first? Say so above, or write 2026-04-03.")
        _refuse_no_day(cell, order)
        cell = cells.day(cell, order)
    elif isinstance(rule, Money):
        cell = cells.amount(cell)
    elif isinstance(rule, Choice):
        others = cells.PRIORITY_WORDS if name == "priority" else cells.STATUS_WORDS
        plain = cells.word(cell, {} if draft.kind is not TASKS and name == "status" else others)
        cell = plain if plain in rule.labels else cell
    return rule.read(cell)


def _instant(cell: str, order: cells.DayOrder) -> str | None:
    if not cell.strip():
        return None
    _refuse_no_day(cell, order)
    found = cells.instant(cell, order)
    if not found:
        raise FieldError("This is not a day or a time, such as 2026-02-28 or 2026-02-28 14:30.")
    return found


def _refuse_no_day(cell: str, order: cells.DayOrder) -> None:
    if cells.is_no_day(cell, order):
        raise FieldError(f"There is no such day in the calendar. A day is written {_DAY_FORMS}.")


def _written(
    draft: Draft,
    number: int,
    values: Mapping[str, Any],
    ids: Mapping[tuple[str, str], str],
    now: str,
) -> dict[str, Any]:
    """A row as the table holds it."""
    row = {**draft.kind.noun.defaults, **values, "id": str(uuid5(draft.batch, f"row {number}"))}
    row["created_at"] = values.get("created_at") or now
    if draft.kind is not TASKS:
        return row if draft.kind is not PROJECTS else {**row, "updated_at": now}
    for noun in ("project", "assignee"):
        found, name = row.pop(noun, (None, ""))
        row[f"{noun}_id"] = found or ids.get((noun, name.casefold()))
    if row["status"] != "done":
        row["completed_at"] = None
    row["updated_at"] = now
    row["position"] = Decimal(f"{time.time():.6f}") + number * _STEP_S
    return row
