"""What happened to the account, as the audit trail tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import request

from provision.control import audit
from provision.web.answer.partials import respond
from provision.web.format.dates import rfc3339
from provision.web.request import session
from provision.web.request.services import services
from provision.web.settings import events
from provision.web.settings.agents import described
from provision.web.settings.blueprint import bp
from provision.web.settings.frame import frame

if TYPE_CHECKING:
    from flask import Response

_PAGE: Final = "settings/activity.html"
_ROWS: Final = 50
_LARGEST_ID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """An event as the page shows it; `at` as the API writes it."""

    at: str | None
    text: str
    note: str
    is_failure: bool


@bp.get("/activity")
def activity() -> Response:
    """Show the newest events, or those before a given one."""
    before = request.args.get("before", type=int)
    found = audit.listing(
        services().store,
        user_id=session.person().id,
        before=None if before is None else min(max(before, 0), _LARGEST_ID),
        limit=_ROWS + 1,
    )
    rows = found[:_ROWS]
    return respond(
        _PAGE,
        "activity",
        shell=frame(),
        rows=[_row(each) for each in rows],
        is_first=before is None,
        earlier=rows[-1].id if len(found) > _ROWS else None,
        days=services().settings.audit_days,
    )


def _row(event: audit.Event) -> ActivityRow:
    if event.address == audit.OPERATOR.address:
        place = ["by the operator of this server"]
    else:
        place = [event.address, described(event.agent) if event.agent else ""]
    return ActivityRow(
        at=rfc3339(event.at),
        text=events.words(event),
        note=", ".join(filter(None, [events.particulars(event), *place])),
        is_failure=events.is_failure(event),
    )
