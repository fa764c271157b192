"""An import between its steps: what was read travels in the form, compressed, and is kept nowhere.

It is the person's own and comes back from their own browser; whatever comes back is checked again.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from provision.errors import ValidationError
from provision.web.exchange import csv_text
from provision.web.exchange.kinds import TASKS, Kind, guess

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.web.exchange.cells import DayOrder

# A body is 1 MiB at most, and the form holds more than the rows.
_MOST_CARRIED_BYTES: Final = 900 * 1024
_MOST_EXPANDED_BYTES: Final = 4 * 1024 * 1024


_TICK: Final = "leave-out-"


@dataclass(slots=True)
class Draft:
    """`records` are rows as in the file, from its first; `columns` say what each of their cells is.

    `makes` are the nouns (`project`, `assignee`) whose unknown names become rows of their own.
    `batch` is what the ids of new rows are made from, so that nothing is imported twice.
    """

    kind: Kind
    records: list[list[str]]
    has_headings: bool = True
    columns: list[str] = field(default_factory=list)
    order: DayOrder = ""
    makes: frozenset[str] = frozenset({"project", "assignee"})
    left_out: frozenset[int] = frozenset()
    leaves_out_all: bool = False
    batch: UUID = field(default_factory=uuid4)

    @property
    def width(self) -> int:
        """How many cells a row has; where only a few have more than the headings, those are odd."""
        widths = [len(record) for record in self.records]
        if self.has_headings and widths:
            longer = sum(width > widths[0] for width in widths)
            if longer * 2 < len(widths):
                return widths[0]
        return max(widths, default=0)

    @property
    def headings(self) -> list[str]:
        """What stands above each column, or its place where nothing does."""
        first = self.records[0] if self.has_headings and self.records else []
        return [
            (first[number].strip() if number < len(first) else "") or f"Column {number + 1}"
            for number in range(self.width)
        ]

    @property
    def body(self) -> list[tuple[int, list[str]]]:
        """The rows below the headings that hold something, each with its number in the sheet."""
        start = 1 if self.has_headings else 0
        return [
            (number, record)
            for number, record in enumerate(self.records[start:], start=start + 1)
            if any(cell.strip() for cell in record)
        ]

    def carried(self) -> str:
        """The records for a hidden field."""
        text = csv_text.packed(self.records).encode()
        return base64.b64encode(zlib.compress(text, 6)).decode()


def begin(kind: Kind, content: bytes) -> Draft:
    """The first look at a file. Raises ValidationError for its field `file`."""
    draft = Draft(kind, csv_text.read(content))
    if len(draft.carried()) > _MOST_CARRIED_BYTES:
        raise ValidationError(
            {"file": ["This is too much for one import. Split it into two files."]}
        )
    draft.columns = guess(kind, draft.headings)
    if kind is TASKS and draft.width == 1 and not any(draft.columns):
        # A plain list of titles, one a line.
        draft.has_headings, draft.columns = False, ["title"]
    return draft


def resume(kind: Kind, form: Mapping[str, str]) -> Draft:
    """The draft that a form carries, with what was changed in it. Raises ValidationError."""
    draft = Draft(kind, _records(form["data"]))
    known = dict(kind.columns)
    draft.has_headings = "headings" in form
    chosen = [form.get(f"column-{number}", "") for number in range(draft.width)]
    draft.columns = [name if name in known else "" for name in chosen]
    order = form.get("order", "")
    draft.order = "day" if order == "day" else "month" if order == "month" else ""
    draft.makes = frozenset(
        noun for noun in ("project", "assignee") if form.get(f"missing_{noun}", "make") == "make"
    )
    draft.leaves_out_all = "leave_out_all" in form
    draft.left_out = frozenset(_numbers(form))
    try:
        draft.batch = UUID(form.get("batch", ""))
    except ValueError:
        draft.batch = uuid4()
    _mend(draft, form)
    return draft


def _records(text: str) -> list[list[str]]:
    reader = zlib.decompressobj()
    try:
        content = reader.decompress(base64.b64decode(text, validate=True), _MOST_EXPANDED_BYTES)
        if not reader.eof:
            raise zlib.error
        return csv_text.unpacked(content.decode())
    except (binascii.Error, ValueError, zlib.error):
        raise ValidationError(
            {"file": ["What was read of the file did not come back whole. Choose it again."]}
        ) from None


def _numbers(form: Mapping[str, str]) -> list[int]:
    """The rows to leave out: those that were before, and those with a tick."""
    ticked = [name.removeprefix(_TICK) for name in form if name.startswith(_TICK)]
    texts = [*form.get("left_out", "").split(","), *ticked]
    return [int(each) for each in texts if _is_number(each)]


def _mend(draft: Draft, form: Mapping[str, str]) -> None:
    """Put cells that were typed anew (`cell-ROW-COLUMN`) in their places."""
    width = draft.width
    for name, value in form.items():
        place = name.split("-")
        if place[0] != "cell" or len(place) != 3 or not all(map(_is_number, place[1:])):
            continue
        row, column = int(place[1]) - 1, int(place[2])
        if 0 <= row < len(draft.records) and column < width:
            record = draft.records[row]
            record += [""] * (column + 1 - len(record))
            record[column] = value


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9
