"""The file that holds a whole workspace: its format, written and read (docs/workspace-file.md).

What comes in may be anything: it is read strictly, to a bound, and what is wrong is named by table
and row before a database is asked.
"""

from __future__ import annotations

import gzip
import re
import zlib
from decimal import Decimal  # noqa: TC003  # msgspec reads the annotations at run time
from typing import IO, TYPE_CHECKING, Any, Final
from uuid import UUID  # noqa: TC003

import msgspec
from msgspec import Struct

from provision.errors import ValidationError
from provision.tenant.transfer.arriving import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


FORMAT: Final = "provision-workspace"
VERSION: Final = 1
# A body of 1 MiB holds about this much when it is compressed; see `read` for longer ones.
MOST_BYTES: Final = 16 * 1024 * 1024

_TABLES: Final = ("projects", "team_members", "tasks")
_GZIP: Final = b"\x1f\x8b"
_PLACE: Final = re.compile(
    r"(?P<what>.*) - at `\$\.(?P<table>\w+)\[(?P<row>\d+)\](?:\.(?P<column>\w+))?.*`"
)
_DAY: Final = re.compile(r"-?infinity|\d{4,7}-\d\d-\d\d( BC)?", re.ASCII)
_INSTANT: Final = re.compile(
    r"-?infinity|\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?( BC)?", re.ASCII
)


class _FileRow(Struct, forbid_unknown_fields=True, frozen=True):
    pass


class _FileProject(_FileRow, frozen=True):
    id: UUID
    name: str
    description: str | None
    budget: Decimal | None
    status: str | None
    priority: str | None
    spent: Decimal | None
    due_date: str | None
    created_at: str | None
    updated_at: str | None


class _FileMember(_FileRow, frozen=True):
    id: UUID
    name: str
    email: str | None
    role: str | None
    workload: int | None
    status: str | None
    created_at: str | None


class _FileTask(_FileRow, frozen=True):
    id: UUID
    project_id: UUID | None
    title: str
    description: str | None
    status: str | None
    priority: str | None
    due_date: str | None
    created_at: str | None
    updated_at: str | None
    assignee_id: UUID | None
    position: Decimal | None
    completed_at: str | None


class _Header(Struct):
    format: str = ""
    version: int = 0


class _File(Struct):
    projects: list[_FileProject]
    team_members: list[_FileMember]
    tasks: list[_FileTask]


class WorkspaceWriter:
    """Writes rows into an open file as they come, compressed; a `Sink` of `leaving`.

    `name` is the workspace's, `now` is aware. `finish` has to be called after the last row.
    """

    def __init__(self, file: IO[bytes], *, name: str, now: datetime) -> None:
        self._file: Final = file
        at = now.isoformat(timespec="seconds")
        head = {"format": FORMAT, "version": VERSION, "exported_at": at, "workspace": name}
        self._head: Final = msgspec.json.encode(head)[:-1]
        self._packed: gzip.GzipFile | None = None
        self._tables = iter(_TABLES)
        self._present = ""
        self._between = b""

    def begin(self) -> None:
        """Start the file anew."""
        if self._packed is not None:
            # Else it would write its end when it is collected, into the file as it is by then.
            self._packed.close()
        self._file.seek(0)
        self._file.truncate()
        self._packed = gzip.GzipFile("", "wb", compresslevel=6, fileobj=self._file, mtime=0)
        self._packed.write(self._head)
        self._tables = iter(_TABLES)
        self._present = ""

    def take(self, table: str, row: str) -> None:
        """Write one row; the rows of a table come one after the other."""
        while self._present != table:
            self._next_table()
        self._write(self._between + row.encode())
        self._between = b", "

    def finish(self) -> int:
        """Write what remains; return the length of the file in bytes."""
        while self._present != _TABLES[-1]:
            self._next_table()
        self._write(b"]}\n")
        if self._packed is not None:
            self._packed.close()
        return self._file.tell()

    def _next_table(self) -> None:
        end = b"]" if self._present else b""
        self._present = next(self._tables)
        self._write(b'%b,\n"%b": [' % (end, self._present.encode()))
        self._between = b""

    def _write(self, text: bytes) -> None:
        if self._packed is None:
            raise RuntimeError("begin comes first")
        self._packed.write(text)


def read(content: bytes, *, most_bytes: int = MOST_BYTES) -> Rows:
    """Return the rows in a file, compressed or not, of at most `most_bytes` uncompressed.

    Raises ValidationError with what is wrong with it, for its field `file`.
    """
    text = _expanded(content, most_bytes)
    try:
        head = msgspec.json.decode(text, type=_Header)
        if head.format != FORMAT:
            raise _wrong("This is not a workspace file of Provision.")
        if head.version != VERSION:
            raise _wrong(
                f"This file has version {head.version} of the format; this Provision reads "
                f"version {VERSION}. Update Provision, or export again from the one you have."
            )
        found = msgspec.json.decode(text, type=_File)
    except msgspec.ValidationError as error:
        raise _wrong(_in_words(str(error))) from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise _wrong("This file is not complete, or was changed: it is not JSON.") from None
    _check_values("projects", found.projects)
    _check_values("team_members", found.team_members)
    _check_values("tasks", found.tasks)
    _check_references(found)
    return Rows(found.projects, found.team_members, found.tasks)


def _wrong(why: str) -> ValidationError:
    return ValidationError({"file": [f"{why} Nothing has been imported."]})


def _expanded(content: bytes, most_bytes: int) -> bytes:
    if not content.startswith(_GZIP):
        expanded = content
    else:
        reader = zlib.decompressobj(wbits=31)
        try:
            expanded = reader.decompress(content, most_bytes + 1)
        except zlib.error:
            raise _wrong("This file is damaged: it cannot be decompressed.") from None
        if not reader.eof and len(expanded) <= most_bytes:
            raise _wrong("This file is not complete: its end is missing.")
    if len(expanded) > most_bytes:
        raise _wrong(
            f"This file holds more than {most_bytes // 1024 // 1024} MiB. Whoever runs this server "
            "can import it with `provision workspace import`."
        )
    return expanded


def _in_words(error: str) -> str:
    place = _PLACE.fullmatch(error)
    if place is None:
        return f"This file is not as it should be: {error}."
    column = f", {place['column']}" if place["column"] else ""
    return f"In {place['table']}, row {int(place['row']) + 1}{column}: {place['what']}."


def _check_values(table: str, rows: Sequence[Any]) -> None:
    seen = set()
    for number, row in enumerate(rows, start=1):
        if row.id in seen:
            raise _wrong(f"In {table}, row {number}: the id {row.id} is there twice.")
        seen.add(row.id)
        for name in row.__struct_fields__:
            value = getattr(row, name)
            if not isinstance(value, str):
                continue
            if "\0" in value:
                raise _wrong(f"In {table}, row {number}, {name}: a character cannot be stored.")
            shape = _DAY if name == "due_date" else _INSTANT if name.endswith("_at") else None
            if shape and not shape.fullmatch(value):
                raise _wrong(f"In {table}, row {number}, {name}: this is not a date or time.")


def _check_references(found: _File) -> None:
    projects = {row.id for row in found.projects}
    people = {row.id for row in found.team_members}
    for number, row in enumerate(found.tasks, start=1):
        if row.project_id is not None and row.project_id not in projects:
            raise _wrong(f"In tasks, row {number}: its project is not in this file.")
        if row.assignee_id is not None and row.assignee_id not in people:
            raise _wrong(f"In tasks, row {number}: its assignee is not in this file.")
