"""`/api/projects`, `/api/tasks`, `/api/team`: the same five calls for each noun.

Rows are built as JSON by the tenant's PostgreSQL and passed through as they come.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID  # noqa: TC003  # msgspec reads the annotation at run time

import msgspec
from flask import Response, make_response, request, url_for

from provision.errors import NotFoundError, RowRefusedError, StaleVersionError, ValidationError
from provision.nouns.fields import Day, FieldError, Reference, Text
from provision.tenant.connection.decoding import decode
from provision.tenant.queries.statements.columns import VERSION_SHAPE
from provision.web.answer.problem_details import ApiError
from provision.web.api.blueprint import bp
from provision.web.api.body import raw_answer, read_object, row_answer
from provision.web.api.conditions import CONDITIONS, expected_versions
from provision.web.api.once import once, reserved_id
from provision.web.api.openapi.resources import (
    DEFAULT_LIMIT,
    LONGEST_WORDS,
    MOST_ROWS,
    RESOURCES,
    Resource,
)
from provision.web.api.query import PARAMETERS
from provision.web.request import workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from provision.nouns.fields import Field

NO_VERSION: Final = ""
"""A version that no row has."""

_DAYS = {name: Day(column=name, label="This day") for name in ("due_before", "due_after")}
_REFERENCES = {
    "project_id": Reference(column="project_id", label="This project"),
    "assignee_id": Reference(column="assignee_id", label="This person"),
}
_WORDS = {"q": Text(column="q", label="The text to look for", most=LONGEST_WORDS, multiline=True)}


class _Identified(msgspec.Struct):
    """What of a row goes into headers, where not everything may stand.

    The server at the other end may be anybody's, and send anything for a row.
    """

    id: UUID
    version: Annotated[str, msgspec.Meta(pattern=rf"\A{VERSION_SHAPE}\Z")]


class _Calls:
    """The views of one noun."""

    def __init__(self, resource: Resource) -> None:
        self._resource = resource

    def list(self) -> Response:
        """Answer with a page of rows, filtered and sorted as the query says."""
        resource, query = self._resource, request.args.to_dict()
        page = workspace.read(
            resource.of.page,
            filters=resource.of.filters(**_filters(resource, query)),
            sort=query.get("sort", "-created_at"),
            limit=_limit(query.get("limit")),
            cursor=query.get("cursor"),
        )
        cursor = msgspec.json.encode(page.next_cursor).decode()
        return raw_answer(f'{{"{resource.of.noun.collection}":{page.rows},"next_cursor":{cursor}}}')

    def create(self) -> Response:
        """Create a row."""
        resource = self._resource
        values = resource.of.noun.read(read_object(), creating=True, strict=True)
        row = self._create(values)
        response = self._answer(row, 201)
        row_id = decode(row, _Identified).id
        response.headers["Location"] = url_for(f"api.{resource.of.noun.path}_get", row_id=row_id)
        return response

    def get(self, row_id: UUID) -> Response:
        """Answer with one row."""
        return self._answer(workspace.read(self._resource.of.get, row_id=str(row_id)))

    def update(self, row_id: UUID) -> Response:
        """Change the fields that are given, if the row is still the one that was read."""
        resource = self._resource

        def stored() -> Mapping[str, object]:
            row = workspace.read(resource.of.get, row_id=str(row_id))
            return decode(row, dict[str, object])

        values = resource.of.noun.read(read_object(), creating=False, stored=stored, strict=True)
        version = self._expected(row_id)
        with _refusing_stale():
            row = workspace.write(
                resource.of.update, row_id=str(row_id), values=values, version=version
            )
        return self._answer(row)

    def delete(self, row_id: UUID) -> Response:
        """Remove a row, if it is still the one that was read."""
        version = self._expected(row_id)
        with _refusing_stale():
            workspace.write(self._resource.of.delete, row_id=str(row_id), version=version)
        return make_response("", 204)

    def _create(self, values: Mapping[str, Any]) -> str:
        """Make the row, or find the one that an earlier try of the same request made."""
        of, row_id = self._resource.of, reserved_id()
        if row_id is None:
            return workspace.write(of.create, values=values)
        try:
            return workspace.write(of.create, values=values, row_id=row_id)
        except RowRefusedError:
            # Its id may be there already: the answer to what made it was lost.
            with suppress(NotFoundError):
                return workspace.read(of.get, row_id=row_id)
            raise

    def _answer(self, row: str, status: int = 200) -> Response:
        version = decode(row, _Identified).version
        return row_answer(self._resource.of.noun.member, row, version, status)

    def _expected(self, row_id: UUID) -> str | None:
        """Return the version that `If-Match` asks for; None without a condition."""
        versions = expected_versions()
        if versions is None:
            return None
        if len(versions) > 1:
            # The one that is there now, if it is among them.
            row = workspace.read(self._resource.of.get, row_id=str(row_id))
            current = decode(row, _Identified).version
            return current if current in versions else NO_VERSION
        return versions[0] if versions else NO_VERSION


@contextmanager
def _refusing_stale() -> Iterator[None]:
    """Answer 412, with the row as it is, where it is not of the expected version any more."""
    try:
        yield
    except StaleVersionError as error:
        raise ApiError(
            412, "stale_version", str(error), current=msgspec.Raw(error.current.encode())
        ) from None


def _declare(resource: Resource) -> None:
    """Put the five routes of a noun on the blueprint, with the parameters and conditions taken."""
    calls, path = _Calls(resource), resource.of.noun.path
    bp.get(f"/{path}", endpoint=f"{path}_list")(calls.list)
    bp.post(f"/{path}", endpoint=f"{path}_create")(once(calls.create))
    bp.get(f"/{path}/<uuid:row_id>", endpoint=f"{path}_get")(calls.get)
    bp.patch(f"/{path}/<uuid:row_id>", endpoint=f"{path}_update")(calls.update)
    bp.delete(f"/{path}/<uuid:row_id>", endpoint=f"{path}_delete")(calls.delete)
    PARAMETERS.allow(f"{bp.name}.{path}_list", (*resource.filters, "sort", "limit", "cursor"))
    CONDITIONS.allow(f"{bp.name}.{path}_update")
    CONDITIONS.allow(f"{bp.name}.{path}_delete")


for _resource in RESOURCES:
    _declare(_resource)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= MOST_ROWS:
        return int(text)
    raise ValidationError({"limit": [f"A limit is a whole number from 1 to {MOST_ROWS}."]})


def _field(resource: Resource, name: str) -> Field:
    """Return the field whose rules the value of a filter has to keep."""
    return _DAYS.get(name) or _REFERENCES.get(name) or _WORDS.get(name) or resource.of.noun[name]


def _filters(resource: Resource, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the filters in `query`. Raises ValidationError for a value that no row can have."""
    values: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for name in resource.filters:
        if name not in query:
            continue
        try:
            values[name] = _field(resource, name).read(query[name])
        except FieldError as error:
            wrong[name] = [str(error)]
    if wrong:
        raise ValidationError(wrong)
    return values
