"""The team: who is in it, how loaded they are, and the forms that add, change and remove them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, request, url_for

from provision.tenant import rows
from provision.tenant.queries import team as queries
from provision.tenant.queries.filters import TeamFilters
from provision.web import filters, workspace
from provision.web.editing import Editor, Panel
from provision.web.forms import TEAM_MEMBER
from provision.web.htmx import htmx
from provision.web.partials import done, leave_for, respond
from provision.web.team_cards import member as shown
from provision.web.team_cards import member_task

if TYPE_CHECKING:
    from uuid import UUID

bp = Blueprint("team", __name__, url_prefix="/team")

_LIST = "team/list.html"
_DETAIL = "team/detail.html"

editor = Editor(
    TEAM_MEMBER,
    rows.TeamCard,
    create_query=queries.create,
    update_query=queries.update,
    get_query=queries.get,
    new={"status": "available", "workload": "0", "role": "Developer"},
)


@bp.get("", endpoint="list")
def listing() -> Response:
    """Everybody, filtered; with `?new` the empty form above them."""
    panel = editor.empty_panel() if "new" in request.args else None
    if htmx and panel:
        return respond(_LIST, "member_panel", panel=panel)
    return _show_list(panel)


@bp.post("")
def create() -> Response:
    """Add somebody."""
    made = editor.create()
    if isinstance(made, Panel):
        if htmx:
            return respond(_LIST, "member_panel", status=made.status, panel=made)
        return _show_list(made)
    return done(
        url_for(".list"),
        f"{made.name} is in the team.",
        _LIST,
        "member_panel",
        "member_added",
        panel=None,
        added=shown(made, filters.today()),
    )


@bp.get("/<uuid:member_id>")
def detail(member_id: UUID) -> Response:
    """One person and what they are on; `?edit` opens the form."""
    return _show_detail(member_id)


@bp.post("/<uuid:member_id>")
def edit(member_id: UUID) -> Response:
    """Change the fields the form carries."""
    saved = editor.update(member_id)
    if isinstance(saved, Panel):
        if htmx:
            return respond(_DETAIL, "member_panel", status=saved.status, panel=saved)
        return _show_detail(member_id, saved)
    return done(
        url_for(".detail", member_id=member_id),
        f"{saved.name} is saved.",
        _DETAIL,
        "member_panel",
        "member_head",
        panel=None,
        member=shown(saved, filters.today()),
        moved=True,
    )


@bp.post("/<uuid:member_id>/delete")
def delete(member_id: UUID) -> Response:
    """Remove somebody; their tasks stay and belong to nobody."""
    workspace.write(queries.delete, row_id=str(member_id))
    return leave_for(url_for(".list"), "Removed from the team. Their tasks are unassigned now.")


def _show_list(panel: Panel | None) -> Response:
    today = filters.today()
    wanted: dict[str, Any] = {name: request.args.get(name) or None for name in ("status", "q")}
    page = workspace.read(
        queries.list_page,
        today=today,
        shell=not htmx,
        filters=TeamFilters(**wanted),
        cursor=request.args.get("cursor"),
    )
    return respond(
        _LIST,
        "member_list",
        status=panel.status if panel else 200,
        shell=page.shell,
        members=[shown(row, today) for row in page.members],
        next_cursor=page.next_cursor,
        wanted=wanted,
        is_filtered=any(wanted.values()),
        panel=panel,
        added=None,
    )


def _show_detail(member_id: UUID, panel: Panel | None = None) -> Response:
    today = filters.today()
    page = workspace.read(queries.detail_page, row_id=str(member_id), today=today, shell=not htmx)
    if panel is None and "edit" in request.args:
        panel = editor.panel_of(page.member)
    return respond(
        _DETAIL,
        "member_panel" if panel else "member_page",
        status=panel.status if panel else 200,
        shell=page.shell,
        member=shown(page.member, today),
        tasks=[member_task(row, today) for row in page.tasks],
        panel=panel,
        moved=False,
    )
