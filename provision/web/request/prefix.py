"""`/w/<workspace id>` before an address: the address is then about that workspace.

The prefix is moved into `SCRIPT_NAME` (PEP 3333) before Flask sees it, so that every route answers
behind it and every link that a page makes keeps it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flask import request
from flask.globals import request_ctx

from provision.web.answer.urls import SITE_ROOT, site_root

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_WANTED: Final = "provision.workspace"
# An id in the one spelling that `url_for` and the store use.
_PREFIX: Final = re.compile(
    r"/w/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?=/|\Z)"
)


class WorkspacePrefix:
    """Takes the prefix off the path of each request and remembers it."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        """Answer as the app does behind the prefix."""
        path = environ.get("PATH_INFO", "")
        found = _PREFIX.match(path)
        if found is not None:
            environ[SITE_ROOT] = environ.get("SCRIPT_NAME", "")
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + found[0]
            environ["PATH_INFO"] = path[found.end() :] or "/"
            environ[_WANTED] = found[1]
        return self._app(environ, start)


def wanted() -> str:
    """Return the id of the workspace that the address of this request names; empty for none."""
    found: str = request.environ.get(_WANTED, "")
    return found


def in_workspace(workspace_id: str, address: str) -> str:
    """Return the address of a page, of this workspace or of none, as that of another workspace."""
    path = address.removeprefix(request.script_root)
    return f"{site_root()}/w/{workspace_id}{path}"


def leave() -> None:
    """Make the links of this answer without the prefix: the workspace is none of the person's."""
    root = site_root()
    request.root_path = root or "/"
    request.environ["SCRIPT_NAME"] = root
    adapter = request_ctx.url_adapter
    if adapter is not None:
        adapter.script_name = f"{root}/"
