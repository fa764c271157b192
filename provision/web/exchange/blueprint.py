"""The blueprint that both sides of the exchange put their routes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint

from provision.control import audit
from provision.web.request import session
from provision.web.request.services import services

if TYPE_CHECKING:
    from provision.control.audit import EventName

bp = Blueprint("exchange", __name__)


def note(event: EventName, **detail: Any) -> None:
    """Write an export or import to the audit log: what and how much, never the rows."""
    audit.note(
        services().store,
        event=event,
        user_id=session.person().id,
        client=session.client(),
        detail=detail,
    )
