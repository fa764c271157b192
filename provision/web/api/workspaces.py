"""`/api/workspaces`: what the person may enter, and one more database for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, make_response

from provision.control import connections
from provision.control.accounts.naming import name_problems, normalized_name
from provision.control.workspaces import memberships
from provision.control.workspaces.memberships import Listed
from provision.control.workspaces.roles import least_role, may
from provision.errors import (
    NotConnectedError,
    NotFoundError,
    RoleRequiredError,
    SchemaNotReadyError,
    ValidationError,
)
from provision.tenant.queries import workspaces as queries
from provision.tenant.schema.state import LATEST
from provision.web.answer.problem_details import ApiError
from provision.web.api import connection as api_connection
from provision.web.api.blueprint import bp
from provision.web.api.body import answer, read_object, text_fields
from provision.web.api.once import once
from provision.web.api.openapi import shapes
from provision.web.request import session, workspace
from provision.web.request.services import services
from provision.web.setup import connecting
from provision.web.two_factor import reauthentication

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from provision.control.connections import SavedConnection
    from provision.control.workspaces.roles import Action
    from provision.tenant.queries.rows import FoundWorkspace


@bp.get("/workspaces")
def workspaces() -> Response:
    """List the workspaces; no database is asked."""
    return answer(shapes.Workspaces([_shown(each) for each in _all()]))


@bp.post("/workspaces")
@once
def add_workspace() -> Response:
    """Test a string and keep it beside those that are kept."""
    body = read_object(*api_connection.TEXTS, "allow_md5", "name")
    (name,) = text_fields(body, "name")
    if name is not None:
        body["name"] = _good_name(name)
    return api_connection.take(body, _added, adding=True)


@bp.patch("/workspaces/<uuid:workspace_id>")
def change_workspace(workspace_id: UUID) -> Response:
    """Rename a workspace in its own database and here."""
    body = read_object("name")
    entered = _entered(workspace_id, "manage")
    (name,) = text_fields(body, "name")
    if name is None and "name" in body:
        raise ValidationError({"name": ["This cannot be null."]})
    if name is not None:
        _rename(entered.connection, _good_name(name))
    return answer(shapes.WorkspaceAnswer(_shown(_entered(workspace_id, "manage"))))


@bp.delete("/workspaces/<uuid:workspace_id>")
def forget_workspace(workspace_id: UUID) -> Response:
    """Forget a string and who may enter; nothing in the database is touched."""
    body = read_object("password", "code")
    text_fields(body, "password", "code")
    entered = _entered(workspace_id, "own")
    reauthentication.reauthenticate(body)
    if entered.connection is not None:
        connecting.forget(entered.connection)
    return make_response("", 204)


def _good_name(text: str) -> str:
    """Return a name as it is kept. Raises ValidationError."""
    name = normalized_name(text)
    if problems := name_problems(name):
        raise ValidationError({"name": problems})
    return name


def _rename(connection: SavedConnection | None, name: str) -> None:
    """Rename it there and here. Raises ApiError where its tables are not ready."""
    if connection is None:
        raise NotConnectedError
    unready = ApiError(
        409,
        "schema_not_ready",
        "The tables of that workspace are not ready. Open it: the wizard shows what is missing.",
    )
    if connection.schema_version != LATEST:
        raise unready
    try:
        services().access.write(workspace.of(connection), queries.rename, name=name)
    except SchemaNotReadyError:
        raise unready from None
    connections.rename(services().store, connection.id, name)


def _all() -> list[Listed]:
    """Return the workspaces that the person may enter, and their token reaches."""
    only = session.token_workspace_or_none()
    found = memberships.listing(services().store, user_id=session.person().id)
    return [each for each in found if only in (None, each.id)]


def _entered(workspace_id: UUID, action: Action) -> Listed:
    """Return that workspace. Raises NotFoundError, or RoleRequiredError."""
    entered = next((each for each in _all() if each.id == str(workspace_id)), None)
    if entered is None:
        raise NotFoundError
    if not may(entered.role, action):
        raise RoleRequiredError(least_role(action))
    return entered


def _added(connection: SavedConnection, found: Sequence[FoundWorkspace]) -> Response:
    added = Listed(connection.owner_id, "owner", connection.created_at, 1, connection)
    shape = shapes.AddedWorkspace(
        _shown(added), api_connection.described(connection), api_connection.listed(found)
    )
    return answer(shape, 201)


def _shown(listed: Listed) -> shapes.Workspace:
    place = session.place_or_none()
    return shapes.Workspace(
        id=listed.id,
        name=listed.connection.name if listed.connection else "",
        role=listed.role,
        members=listed.members,
        connected=listed.connection is not None,
        is_current=place is not None and place.workspace_id == listed.id,
    )
