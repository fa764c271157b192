"""Which workspace a request is about, and whether the person may do there what it asks.

Every route of a workspace asks the table of roles (`control/workspaces/roles`) before it answers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from flask import abort, make_response, redirect, request

from provision.control.workspaces import memberships
from provision.control.workspaces.roles import least_role, may
from provision.errors import RoleRequiredError, WorkspaceRequiredError
from provision.web.answer.urls import is_api_request, present
from provision.web.request import session
from provision.web.request.prefix import in_workspace, wanted
from provision.web.request.services import services
from provision.web.request.sites import SAFE_METHODS

if TYPE_CHECKING:
    from flask import Flask, Response

    from provision.control.workspaces.roles import Action

About = Literal["workspace", "connection"]

# Blueprints and endpoints that ask the workspace's database; a test calls each without one.
_WORKSPACE: Final = frozenset(
    {
        *("dashboard", "projects", "tasks", "team", "undo", "sample", "search"),
        *("exchange.page", "exchange.rows", "exchange.restore", "exchange.lists", "exchange.whole"),
        "settings.rename",
    }
)
_CALL: Final = re.compile(r"api\.(projects|tasks|team)_(list|create|get|update|delete)")
# These are about the connection itself, whether the tables are ready or not.
_CONNECTION: Final = frozenset(
    {
        *("settings.check", "settings.forget"),
        *("api.disconnect", "api.schema", "api.apply_schema"),
    }
)
# These make a connection, or show that there is none yet.
_CONNECTING: Final = frozenset(
    {
        *("setup.step", "setup.connection", "setup.schema", "setup.sql"),
        *("settings.databases", "api.connect"),
    }
)
# These are about the server alone.
_NOT_BEHIND_A_PREFIX: Final = frozenset({"static", "health.live", "health.ready", "metrics.page"})
_ACTIONS: Final[dict[str, Action]] = {
    "exchange.whole": "manage",
    "exchange.restore": "manage",
    "settings.rename": "manage",
}


def install(app: Flask) -> None:
    """Ask for every request; after who asks is known."""
    app.before_request(_admit)


def about(endpoint: str) -> About | None:
    """Tell what a route cannot do without: a connection, or a workspace with ready tables."""
    if _names(_WORKSPACE, endpoint) or _CALL.fullmatch(endpoint):
        return "workspace"
    return "connection" if endpoint in _CONNECTION else None


def action_of(endpoint: str, method: str) -> Action | None:
    """Return what a request does to a workspace; None where it is about none."""
    if endpoint in _ACTIONS:
        return _ACTIONS[endpoint]
    if endpoint in _CONNECTION or _names(_CONNECTING, endpoint):
        return "own"
    if about(endpoint) == "workspace":
        return "read" if method in SAFE_METHODS else "write"
    return None


def _names(group: frozenset[str], endpoint: str) -> bool:
    return endpoint in group or endpoint.partition(".")[0] in group


def _admit() -> Response | None:
    """Refuse a workspace that the person may not enter, and what their role may not do there."""
    place, endpoint = session.place_or_none(), request.endpoint
    if wanted() and endpoint in _NOT_BEHIND_A_PREFIX:
        # A proxy hides such an address by its path.
        abort(404)
    if place is None or endpoint is None:
        return None
    if wanted() and place.member_id is None:
        # Also where there is none: nobody learns which workspaces exist.
        abort(404)
    action = action_of(endpoint, request.method)
    if action is None:
        return None
    if not wanted() and place.count > 1 and session.token_id_or_none() is None:
        if request.method not in SAFE_METHODS or is_api_request():
            raise WorkspaceRequiredError
        here = in_workspace(place.workspace_id or "", present() or "/")
        return make_response(redirect(here, 303))
    if place.role is not None and not may(place.role, action):
        raise RoleRequiredError(least_role(action))
    if wanted() and session.token_id_or_none() is None:
        memberships.note_opened(services().store, place)
    return None
