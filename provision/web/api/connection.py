"""`/api/user/database-connection` and its `/schema`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from flask import Response, make_response
from msgspec import UNSET

from provision.errors import NotConnectedError, ValidationError
from provision.tenant.schema.state import LATEST
from provision.web.answer.problem_details import problem
from provision.web.api.blueprint import bp
from provision.web.api.body import answer, read_object, text_fields
from provision.web.api.once import once, settle
from provision.web.api.openapi import shapes
from provision.web.format.dates import rfc3339
from provision.web.request import session, workspace
from provision.web.setup import connecting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from provision.control.connections import SavedConnection
    from provision.tenant.queries.rows import FoundWorkspace
    from provision.tenant.schema.state import SchemaReport

TEXTS: Final = (
    *("connectionString", "connection_string", "ca_certificate", "workspace"),
    *("password", "code"),
)


@bp.get("/user/database-connection", endpoint="connection")
def show() -> Response:
    """Describe the connection, without the string."""
    place = session.place_or_none()
    # Nobody but the owner learns where it is.
    connection = place.connection if place and place.role == "owner" else None
    return answer(
        shapes.ConnectionAnswer(
            connected=connection is not None,
            connection=described(connection) if connection else None,
        )
    )


@bp.post("/user/database-connection")
@once
def connect() -> Response:
    """Test the string, then keep it sealed; a failed test keeps nothing."""
    return take(read_object(*TEXTS, "allow_md5"), connected)


def take(
    body: dict[str, Any],
    answer_of: Callable[[SavedConnection, Sequence[FoundWorkspace]], Response],
    *,
    adding: bool = False,
) -> Response:
    """Test and keep what `body` tells, in place of what is connected, or `adding` to it."""
    camel, snake, ca_certificate, choice, *_ = text_fields(body, *TEXTS)
    allow_md5 = body.get("allow_md5", False)
    if not isinstance(allow_md5, bool):
        raise ValidationError({"allow_md5": ["This is true or false."]})
    if camel is not None and snake is not None:
        message = "Send one of connectionString and connection_string: they mean the same."
        raise ValidationError({name: [message] for name in TEXTS[:2]})
    pasted = camel if camel is not None else snake
    if pasted is None:
        raise ValidationError({"connectionString": ["A connection string is needed."]})
    confirmed = connecting.confirm(body, adding=adding)
    report = connecting.test(pasted, ca_certificate=ca_certificate, allow_md5=allow_md5)
    if not report.ok:
        return problem(
            422,
            report.code,
            report.detail,
            remedy=report.remedy or None,
            errors={"connectionString": [report.detail]},
        )
    found = connecting.found_workspaces(report, adding=adding)
    connection = connecting.save(
        report,
        choice=choice,
        found=found,
        confirmed=confirmed,
        adding=adding,
        name=body.get("name"),
        settle=lambda conn, saved: settle(conn, answer_of(saved, found)),
    )
    return answer_of(connection, found)


@bp.delete("/user/database-connection")
def disconnect() -> Response:
    """Forget the string; nothing in the database is touched."""
    connecting.forget(_connection())
    return make_response("", 204)


@bp.get("/user/database-connection/schema", endpoint="schema")
def show_schema() -> Response:
    """Describe the tables, with the SQL that completes them."""
    connection = _connection()
    # Entered already, so that looking is all there is to do.
    find = workspace.look if connection.schema_version == LATEST else workspace.check
    return answer(_schema(find(connection)))


@bp.post("/user/database-connection/schema")
@partial(once, body_is_needed=False)
def apply_schema() -> Response:
    """Make what is missing, in one transaction."""
    read_object(optional=True)
    return answer(_schema(connecting.apply_schema(_connection())))


def _connection() -> SavedConnection:
    connection = session.connection_or_none()
    if connection is None:
        raise NotConnectedError
    return connection


def connected(connection: SavedConnection, found: Sequence[FoundWorkspace]) -> Response:
    """Answer with what is connected now, and what was found there."""
    return answer(shapes.Connected(True, described(connection), listed(found)))


def listed(found: Sequence[FoundWorkspace]) -> list[shapes.FoundWorkspace]:
    """Return the workspaces found in a database as the API shows them."""
    return [
        shapes.FoundWorkspace(each.owner_id, each.name, each.projects, each.tasks, each.last_change)
        for each in found
    ]


def described(connection: SavedConnection) -> shapes.Connection:
    """Return a connection as the API shows it."""
    return shapes.Connection(
        id=connection.id,
        name=connection.name,
        host=connection.host,
        port=connection.port,
        database=connection.database,
        user=connection.username,
        provider=connection.provider or None,
        tls=connection.tls,
        server_version=connection.server_version,
        schema_version=connection.schema_version,
        verified_at=rfc3339(connection.verified_at),
    )


def _schema(report: SchemaReport) -> shapes.Tables:
    return shapes.Tables(
        state=report.state,
        version=report.version,
        latest=report.latest,
        problems=[
            # SQLAlchemy's names are a kind of str that the encoder does not know.
            shapes.TableProblem(
                str(each.table), each.problem, str(each.column) if each.column else UNSET
            )
            for each in report.problems
        ],
        sql=report.sql,
    )
