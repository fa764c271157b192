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
from provision.web.answer.problem_details import ApiError
from provision.web.answer.urls import is_api_request, present
from provision.web.request import session
from provision.web.request.prefix import in_workspace, leave, wanted
from provision.web.request.services import services
from provision.web.request.sites import SAFE_METHODS

if TYPE_CHECKING:
    from flask import Flask, Response

    from provision.control.workspaces.roles import Action

About = Literal["workspace", "connection"]

_BOUND: Final = "This token is for the rows of one workspace. Make one for all of them for this."

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
# Blueprints and endpoints that are about no workspace, or about all of a person's. What is in no
# set here is refused; a test holds that every route is in exactly one.
_ABOUT_NONE: Final = frozenset(
    {
        *("landing", "account", "two_factor", "reset", "health", "metrics", "static", "styleguide"),
        *("workspaces", "setup.progress", "setup.read_string", "exchange.template"),
        *("settings.page", "settings.save", "settings.email", "settings.change_email"),
        *("settings.password", "settings.change_password", "settings.two_factor"),
        *("settings.turn_off", "settings.new_codes", "settings.sessions", "settings.end_session"),
        *("settings.end_others", "settings.tokens", "settings.create_token"),
        *("settings.revoke_token", "settings.activity", "settings.appearance"),
        *("settings.your_data", "settings.download_data", "settings.delete_account"),
        *("api.create_token", "api.tokens", "api.revoke_token", "api.user", "api.change_user"),
        *("api.workspaces", "api.add_workspace", "api.change_workspace", "api.forget_workspace"),
        *("api.docs", "api.openapi"),
    }
)
# These are about the server alone, or hold a secret in the address that a proxy keeps out of logs.
_NOT_BEHIND_A_PREFIX: Final = frozenset(
    {"static", "health.live", "health.ready", "metrics.page", "reset.password"}
)
# What a token for one workspace may ask of those that are about no workspace.
_OF_ANY_TOKEN: Final = frozenset(
    {
        *("api.tokens", "api.revoke_token", "api.user", "api.workspaces", "api.change_workspace"),
        *("api.docs", "api.openapi"),
    }
)
_ACTIONS: Final[dict[str, Action]] = {
    "api.connection": "read",
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
    if about(endpoint) == "workspace":
        return "read" if method in SAFE_METHODS else "write"
    return None if _names(_ABOUT_NONE, endpoint) else "own"


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
    bound_to = session.token_workspace_or_none()
    if (wanted() or bound_to) and place.member_id is None:
        # Also where there is none: nobody learns which workspaces exist.
        leave()
        abort(404)
    action = action_of(endpoint, request.method)
    if bound_to and (action == "own" or (action is None and endpoint not in _OF_ANY_TOKEN)):
        raise ApiError(403, "role_required", _BOUND, role="owner")
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
