"""Exports: a filtered list as CSV or JSON, and the whole workspace."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, Final

from flask import Response, request, url_for
from werkzeug.wsgi import wrap_file

from provision.errors import NotFoundError
from provision.tenant.connection.decoding import decode
from provision.tenant.queries.projects import PROJECTS
from provision.tenant.queries.rows import Project, TaskDetail, TeamMember
from provision.tenant.queries.statements.filters import ProjectFilters, TeamFilters
from provision.tenant.queries.tasks import TASKS
from provision.tenant.queries.team import TEAM
from provision.tenant.transfer import leaving
from provision.tenant.transfer.workspace_file import WorkspaceWriter
from provision.web.answer.problem_details import ApiError
from provision.web.exchange.blueprint import bp, note
from provision.web.exchange.reading import csv_text
from provision.web.format import dates
from provision.web.request import workspace
from provision.web.tasks import view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from provision.tenant.queries.rows import Row
    from provision.tenant.queries.statements.collection import Collection
    from provision.tenant.queries.statements.filters import Filters


log = logging.getLogger(__name__)

_NO_SPACE: Final = (
    "The server has no room on its disk for this file at the moment. Try again later, or tell who "
    "runs it. Your database is not concerned."
)


@dataclass(frozen=True, slots=True)
class _List:
    """`heads` are the columns of the CSV; the ids stand last, for other programs."""

    of: Collection[Any, Any]
    row: type[Row]
    heads: Sequence[str]
    filters: Callable[[], Filters]
    usual: str
    """The order where the address asks for none."""


def _given(*names: str) -> dict[str, Any]:
    return {name: request.args.get(name) or None for name in names}


_LISTS: Final[Mapping[str, _List]] = {
    "tasks": _List(
        TASKS,
        TaskDetail,
        ("title", "description", "status", "priority", "due_date", "project_name",
         "assignee_name", "created_at", "updated_at", "completed_at", "id"),
        lambda: view.asked().filters(),
        "agenda",
    ),
    "projects": _List(
        PROJECTS,
        Project,
        ("name", "description", "status", "priority", "budget", "spent", "due_date",
         "created_at", "updated_at", "id"),
        lambda: ProjectFilters(**_given("status", "priority", "q")),
        "-created_at",
    ),
    "team": _List(
        TEAM,
        TeamMember,
        ("name", "email", "role", "workload", "status", "created_at", "id"),
        lambda: TeamFilters(**_given("status", "q")),
        "name",
    ),
}  # fmt: skip


def address(noun: str, kind: str) -> str:
    """Return the address of the present page's list as a file, with the same filters."""
    asked = request.query_string.decode("ascii", "replace")
    path = url_for("exchange.lists", noun=noun, kind=kind)
    return f"{path}?{asked}" if asked else path


@bp.get("/exports/<noun>.<kind>")
def lists(noun: str, kind: str) -> Response:
    """Send the rows that match the filters in the address, in its order."""
    if noun not in _LISTS or kind not in ("csv", "json"):
        raise NotFoundError
    wanted = _LISTS[noun]
    sort = request.args.get("sort", "")
    with _new_file() as content:
        sink = _CsvSink(content, wanted) if kind == "csv" else _JsonSink(content, wanted)
        workspace.read(
            leaving.rows,
            of=wanted.of,
            filters=wanted.filters(),
            sort=sort if sort.removeprefix("-") in wanted.of.sorts else wanted.usual,
            into=sink,
        )
        sink.finish()
        note("exported", what=noun, format=kind, rows=sink.count)
        return _file(content, f"provision-{noun}", kind)


@bp.get("/exports/workspace.json.gz")
def whole() -> Response:
    """Send the whole workspace as a file that can be imported again."""
    shown = workspace.shown()
    with _new_file() as content:
        writer = WorkspaceWriter(content, name=shown.name if shown else "", now=datetime.now(UTC))
        workspace.read(leaving.workspace, into=writer)
        note("exported", what="workspace", format="json.gz", bytes=writer.finish())
        return _file(content, "provision-workspace", "json.gz")


@contextmanager
def _new_file() -> Iterator[IO[bytes]]:
    """Open a temporary file without a name. The answer closes it; so does an error.

    Raises ApiError if the disk is full.
    """
    content: IO[bytes] | None = None
    try:
        content = TemporaryFile()  # noqa: SIM115
        yield content
    except BaseException as error:
        if content is not None:
            with suppress(OSError):  # what is buffered still finds no room
                content.close()
        if not isinstance(error, OSError):
            raise
        log.error("An export cannot be kept on disk: %s", error.strerror)
        raise ApiError(503, "unavailable", _NO_SPACE) from None


class _ListSink(ABC):
    """Writes the rows of a list into an open file as they come."""

    end = b""

    def __init__(self, file: IO[bytes], wanted: _List) -> None:
        self._file: Final = file
        self._wanted: Final = wanted
        self.count = 0

    def begin(self) -> None:
        self._file.seek(0)
        self._file.truncate()
        self.count = 0

    def take(self, _table: str, row: str) -> None:
        """Write one row."""
        self._file.write(self._text(row))
        self.count += 1

    def finish(self) -> None:
        """Write what follows the last row."""
        self._file.write(self.end)

    @abstractmethod
    def _text(self, row: str) -> bytes: ...


class _JsonSink(_ListSink):
    end = b"]}\n"

    def begin(self) -> None:
        super().begin()
        self._file.write(b'{"%b": [' % self._wanted.of.table.name.encode())

    def _text(self, row: str) -> bytes:
        return (b", " if self.count else b"") + row.encode()


class _CsvSink(_ListSink):
    def begin(self) -> None:
        super().begin()
        self._file.write(csv_text.beginning(self._wanted.heads))

    def _text(self, row: str) -> bytes:
        found = decode(row, self._wanted.row)
        return csv_text.line([_cell(getattr(found, head)) for head in self._wanted.heads])


def _cell(value: object) -> str:
    return "" if value is None else str(value)


_TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "json.gz": "application/gzip",
}


def _file(content: IO[bytes], name: str, ending: str) -> Response:
    """Answer with a file as an attachment; its name ends with the day.

    The server sends it piece by piece and does not load it whole.
    """
    size = content.tell()
    content.seek(0)
    response = Response(
        wrap_file(request.environ, content),
        content_type=_TYPES[ending],
        direct_passthrough=True,
    )
    response.content_length = size
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{name}-{dates.today().isoformat()}.{ending}"'
    )
    return response
