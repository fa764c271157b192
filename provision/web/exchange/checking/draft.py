"""An import between its steps.

The form carries the file, compressed; the server keeps nothing. Whatever the browser sends back is
checked again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from provision.web.exchange.columns.guessing import guess
from provision.web.exchange.columns.kinds import TASKS, Kind
from provision.web.exchange.reading import shape, source, workbook
from provision.web.exchange.reading.delimited import MOST_COLUMNS, MOST_ROWS
from provision.web.exchange.words import headings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.web.exchange.reading.shape import Shape
    from provision.web.exchange.reading.source import Source, Table

_TICK: Final = "leave-out-"
_ANSWERS: Final = ("order", "year-", "amount-", "people-")
_MOST_ANSWER: Final = 200
_MOST_SAMPLES: Final = 3
# A hundred empty columns are looked through one after the other.
_MOST_SAMPLED: Final = 200


@dataclass(slots=True)
class Draft:
    """`table` is the sheet at hand; `columns` say what each cell of its rows is.

    `makes` are the nouns (`project`, `assignee`) whose unknown names become rows of their own.
    `again`: what is here already is imported once more. `answers` are to questions about columns,
    `words` what words were said to mean, by column and word. Ids of new rows are made from `seal`,
    which is the same for the same file in the same workspace, so that nothing is imported twice.
    `seen` says which versions of the rows here the person was shown (`versions`).
    """

    kind: Kind
    source: Source
    place: str
    encoding: str = ""
    sheet: int = 0
    tables: tuple[Table, ...] = ()
    shape: Shape = field(default_factory=lambda: shape.Shape(-1, [], []))
    columns: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    words: dict[tuple[str, str], str] = field(default_factory=dict)
    makes: frozenset[str] = frozenset({"project", "assignee"})
    default_project: str = ""
    left_out: frozenset[int] = frozenset()
    leaves_out_all: bool = False
    again: bool = False
    seen: str = ""
    batch: UUID = field(default_factory=uuid4)
    digest: str = ""
    mends: dict[tuple[int, int], str] = field(default_factory=dict)

    @property
    def headings(self) -> list[str]:
        """Return what stands above each column, or its place where nothing does."""
        return self.shape.headings

    @property
    def body(self) -> list[tuple[int, list[str]]]:
        """Return the rows below the headings, each with its number in the sheet."""
        return self.shape.rows

    @property
    def heading_row(self) -> int:
        """Return the number of the row with the headings, 0 for none."""
        return self.shape.heading + 1

    @property
    def reading(self) -> str:
        """Return how the file was read: what was chosen for columns holds for this reading only."""
        return f"{self.encoding}|{self.sheet}|{self.heading_row}"

    @property
    def seal(self) -> UUID:
        """Return what the ids of new rows are made from."""
        if self.again:
            return self.batch
        self.digest = self.digest or self.source.digest
        name = f"provision:{self.place}:{self.kind.key}:{self.sheet}:{self.digest}"
        return uuid5(NAMESPACE_URL, name)

    @property
    def separator(self) -> str:
        """Return what stands between the cells; empty for a workbook."""
        return self.source.separator(self.encoding)

    @property
    def language(self) -> str:
        """Return the language of the headings."""
        return headings.language_of(self.headings)

    def cells(self, column: int) -> list[str]:
        """Return the cells of a column, from the first row to the last."""
        return [row[column] for _, row in self.body if column < len(row)]

    def samples(self, column: int) -> str:
        """Return the first few things that stand in a column, near the top of the sheet."""
        rows = (row[column].strip() for _, row in self.body[:_MOST_SAMPLED] if column < len(row))
        found = list(dict.fromkeys(filter(None, rows)))[:_MOST_SAMPLES]
        return ", ".join(cell if len(cell) <= 40 else f"{cell[:39]}…" for cell in found)

    def places(self, *roles: str) -> list[int]:
        """Return the columns that are one of `roles`."""
        return [place for place, role in enumerate(self.columns) if role in roles]

    def open_table(self, heading: int | None) -> None:
        """Find headings and rows in the sheet at hand; `heading` is their place, None to look."""
        records = self.tables[self.sheet][1]
        if heading is None:
            heading = shape.find_heading(records, self.kind.roles)
        self.shape = shape.shape(records, heading)
        if not self.default_project:
            self.default_project = self.shape.project

    def guess_columns(self) -> None:
        """Take the columns for what their headings and cells say."""
        cells = [self.cells(column) for column in range(len(self.headings))]
        named = ["" if self.shape.heading < 0 else each for each in self.headings]
        self.columns = guess(self.kind, named, cells)
        if self.kind is TASKS and len(self.headings) == 1 and not any(self.columns):
            # A plain list of titles, one a line.
            self.open_table(-1)
            self.columns = ["title"] + [""] * (len(self.headings) - 1)


def begin(kind: Kind, content: bytes, place: str) -> Draft:
    """Return the draft of a file. Raises ValidationError for its field `file`."""
    draft = Draft(kind, source.opened(content), place)
    draft.encoding = draft.source.encoding() if draft.source.is_text else ""
    draft.tables = draft.source.read(draft.encoding)
    draft.sheet = workbook.best(draft.tables)
    draft.open_table(None)
    draft.guess_columns()
    return draft


def resume(kind: Kind, form: Mapping[str, str], place: str) -> Draft:
    """Return the draft that a form carries, with what was changed in it. Raises ValidationError."""
    draft = Draft(kind, source.resumed(form["data"]), place)
    draft.encoding = draft.source.encoding(form.get("encoding", "")) if draft.source.is_text else ""
    draft.tables = draft.source.read(draft.encoding)
    draft.sheet = min(_number(form.get("sheet", "")) or 0, len(draft.tables) - 1)
    draft.default_project = form.get("default_project", "").strip()[:200]
    has_moved = not form.get("reading", "").startswith(f"{draft.encoding}|{draft.sheet}|")
    row = None if has_moved else _number(form.get("heading_row", ""))
    draft.open_table(None if row is None else min(row, MOST_ROWS) - 1)
    _read_options(draft, form)
    if form.get("reading") == draft.reading:
        known = draft.kind.roles
        chosen = [form.get(f"column-{each}", "") for each in range(len(draft.headings))]
        draft.columns = [name if name in known else "" for name in chosen]
        draft.left_out = frozenset(_left_out(form))
        _mend(draft, form)
    else:
        draft.guess_columns()
    return draft


def _read_options(draft: Draft, form: Mapping[str, str]) -> None:
    draft.makes = frozenset(
        noun for noun in ("project", "assignee") if form.get(f"missing_{noun}", "make") == "make"
    )
    draft.leaves_out_all = "leave_out_all" in form
    draft.again = form.get("again", "") == "again"
    draft.seen = form.get("seen", "")
    for name, value in form.items():
        if name.startswith(_ANSWERS):
            draft.answers[name] = value[:_MOST_ANSWER]
        elif name.startswith("word-"):
            _, role, word = name.split("-", 2) if name.count("-") > 1 else ("", "", "")
            draft.words[role, word] = value
    try:
        draft.batch = UUID(form.get("batch", ""))
    except ValueError:
        draft.batch = uuid4()


def _left_out(form: Mapping[str, str]) -> list[int]:
    """Return the rows to leave out: those chosen before, and those ticked now."""
    ticked = [name.removeprefix(_TICK) for name in form if name.startswith(_TICK)]
    texts = [*form.get("left_out", "").split(","), *ticked]
    return [number for each in texts if (number := _number(each)) is not None]


def _mend(draft: Draft, form: Mapping[str, str]) -> None:
    """Put cells that were typed anew (`cell-ROW-COLUMN`) in their places."""
    rows = dict(draft.body)
    for name, value in form.items():
        parts = name.split("-")
        if parts[0] != "cell" or len(parts) != 3:
            continue
        number, column = _number(parts[1]), _number(parts[2])
        if number is None or column is None or number not in rows:
            continue
        record = rows[number]
        if column < min(len(draft.headings), MOST_COLUMNS):
            record += [""] * (column + 1 - len(record))
            text = value.replace("\r\n", "\n")
            if record[column].replace("\r\n", "\n") != text:
                record[column] = text
                draft.mends[number, column] = text


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
