"""The workspaces that a person may enter, and one more for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Blueprint, request, url_for

from provision.control.workspaces import memberships
from provision.control.workspaces.roles import ROLES
from provision.web.answer.partials import respond
from provision.web.format.dates import rfc3339
from provision.web.request import session, workspace
from provision.web.request.prefix import in_workspace
from provision.web.request.services import services
from provision.web.setup import connection as setup_connection
from provision.web.setup.connection import TypedConnection, typed_fields

if TYPE_CHECKING:
    from flask import Response

    from provision.control.workspaces.memberships import Listed

bp = Blueprint("workspaces", __name__)


@dataclass(frozen=True, slots=True)
class Row:
    """A workspace as the list shows it: `health` is what this process last saw of its database."""

    name: str
    place: str
    health: str
    role: str
    joined: str | None
    members: int
    href: str
    is_here: bool


@bp.get("/workspaces")
def listing() -> Response:
    """List the workspaces, from what is kept of them: no database is asked."""
    return respond("workspaces/list.html", "workspace_list", rows=_rows())


@bp.get("/workspaces/menu")
def menu() -> Response:
    """Draw the list that opens at the name of the workspace."""
    return respond("workspaces/list.html", "workspace_menu", rows=_rows(), is_menu=True)


@bp.get("/workspaces/new")
@bp.post("/workspaces/new")
def new() -> Response:
    """Connect one more database, or one more workspace in a database."""
    if request.method == "GET":
        return setup_connection.show(TypedConnection(adding=True))
    if "built_in" in request.form:
        return setup_connection.take_built_in(adding=True)
    return setup_connection.take(typed_fields(adding=True))


def _rows() -> list[Row]:
    here = session.place_or_none()
    return [
        _row(each, is_here=here is not None and here.workspace_id == each.id)
        for each in memberships.listing(services().store, user_id=session.person().id)
    ]


def _row(listed: Listed, *, is_here: bool) -> Row:
    connection = listed.connection
    return Row(
        name=connection.name if connection else "A workspace without a database",
        place=(connection.provider or connection.host) if connection else "",
        health=_health(listed),
        role=ROLES[listed.role],
        joined=rfc3339(listed.joined_at),
        members=listed.members,
        href=in_workspace(listed.id, url_for("dashboard.page")),
        is_here=is_here,
    )


def _health(listed: Listed) -> str:
    if listed.connection is None:
        return "down"
    seen = workspace.traffic(listed.connection)
    if seen.last_failure is not None:
        return "down"
    return "ok" if seen.connections else "unknown"
