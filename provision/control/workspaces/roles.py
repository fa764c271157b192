"""The table of roles: what a member may do in a workspace. Pages, API and commands ask it."""

from __future__ import annotations

from typing import Final, Literal

Role = Literal["owner", "admin", "member", "viewer"]
Action = Literal["read", "write", "manage", "own"]
"""`read` sees rows, `write` changes them, `manage` is about people and the whole, `own` about the
connection string."""

ROLES: Final[dict[Role, str]] = {
    "owner": "Owner",
    "admin": "Admin",
    "member": "Member",
    "viewer": "Viewer",
}
_MAY: Final[dict[Role, frozenset[Action]]] = {
    "owner": frozenset({"read", "write", "manage", "own"}),
    "admin": frozenset({"read", "write", "manage"}),
    "member": frozenset({"read", "write"}),
    "viewer": frozenset({"read"}),
}


def may(role: Role, action: Action) -> bool:
    """Tell whether somebody of this role may do this; an unknown role may do nothing."""
    return action in _MAY.get(role, ())


def least_role(action: Action) -> Role:
    """Return the lowest role that may do this."""
    return next(role for role in reversed(ROLES) if may(role, action))
