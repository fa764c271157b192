"""What the frame around every settings page shows, so far as the database answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provision.errors import TenantError, WorkspaceError
from provision.tenant.queries.statements import shell
from provision.tenant.schema.state import LATEST
from provision.web.answer.htmx import htmx
from provision.web.format import dates
from provision.web.request import session, workspace

if TYPE_CHECKING:
    from provision.tenant.queries.statements import Shell


def frame() -> Shell | None:
    """Return the sidebar's numbers, or none if the database does not answer."""
    connection = session.connection_or_none()
    if htmx or connection is None or connection.schema_version != LATEST:
        return None
    try:
        return workspace.read(shell.frame, today=dates.today())
    except TenantError:
        workspace.note_failure()
    except WorkspaceError:
        workspace.remember_unready()
    return None
