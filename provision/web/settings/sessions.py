"""Where the person is signed in, and signing out there from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import request, url_for

from provision.control.sign_in import sessions as store_sessions
from provision.web.answer.partials import done, leave_for, respond
from provision.web.format.dates import rfc3339
from provision.web.request import session
from provision.web.request.services import services
from provision.web.settings.agents import described
from provision.web.settings.blueprint import bp
from provision.web.settings.frame import frame

if TYPE_CHECKING:
    from flask import Response

_PAGE = "settings/sessions.html"


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as the page shows it; times as the API writes them."""

    id_hash: str
    device: str
    address: str
    signed_in: str | None
    last_seen: str | None
    is_this: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """The sessions, this one first, and how long one lasts."""

    rows: tuple[SessionRow, ...]
    days: int
    idle_hours: int


@bp.get("/sessions")
def sessions() -> Response:
    """List every browser that is signed in."""
    return respond(_PAGE, "sessions", shell=frame(), listing=_listing())


@bp.post("/sessions/end")
def end_session() -> Response:
    """Sign one browser out; the one in which the button was pressed leaves by the front door."""
    id_hash = request.form.get("session", "")
    if id_hash == session.id_hash():
        session.end_present_session()
        return leave_for(url_for("landing.page"), "You are signed out.")
    store_sessions.end_one(
        services().store, user_id=session.person().id, id_hash=id_hash, client=session.client()
    )
    return _done("That browser is signed out.")


@bp.post("/sessions/end-others")
def end_others() -> Response:
    """Sign out everywhere but here."""
    count = store_sessions.end_others(
        services().store,
        user_id=session.person().id,
        id_hash=session.id_hash(),
        client=session.client(),
    )
    if not count:
        return _done("You are signed in nowhere else.")
    return _done("One other browser is signed out." if count == 1 else f"{count} are signed out.")


def _done(text: str) -> Response:
    url = url_for(".sessions")
    return done(url, text, _PAGE, "sessions", counts_changed=False, listing=_listing())


def _listing() -> Listing:
    settings, here = services().settings, session.id_hash()
    rows = [
        SessionRow(
            id_hash=each.id_hash,
            device=described(each.agent),
            address=each.address or "no address",
            signed_in=rfc3339(each.created_at),
            last_seen=rfc3339(each.last_seen_at),
            is_this=each.id_hash == here,
        )
        for each in store_sessions.listing(services().store, user_id=session.person().id)
    ]
    ordered = tuple(sorted(rows, key=lambda row: not row.is_this))
    return Listing(ordered, settings.session_days, settings.session_idle_hours)
