"""The team: who is in it, how loaded they are, and the forms that add, change and remove them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint

from provision.tenant.queries import team as queries
from provision.web.answer.htmx import htmx
from provision.web.request import workspace
from provision.web.rows.noun_pages import NounPages
from provision.web.rows.row_view import Head
from provision.web.tasks.cards import task_line
from provision.web.team_cards import balance
from provision.web.team_cards import member as shown

if TYPE_CHECKING:
    from datetime import date

bp = Blueprint("team", __name__, url_prefix="/team")


def _detail(row_id: str, today: date) -> dict[str, Any]:
    """Read what the page of a person shows: the person and their tasks."""
    page = workspace.read(queries.detail_page, row_id=row_id, today=today, shell=not htmx)
    return {
        "shell": page.shell,
        "member": shown(page.member, today),
        "tasks": [task_line(row, today) for row in page.tasks],
    }


NounPages(
    queries.TEAM,
    word="member",
    rows="members",
    sort="name",
    filters=("status", "q"),
    heads=(
        Head("Person", "name", "col-name"),
        Head("Role", "role", "col-role"),
        Head("Status", "status", "col-status"),
        Head("Workload, mark at 100 %", "-workload", "col-load"),
        Head("", "", "col-percent number"),
        Head("Open", "", "col-open number"),
        Head("Next", "", "col-next"),
    ),
    shown=shown,
    detail=_detail,
    made="{} is in the team.",
    saved="{} is saved.",
    deleted="{} is removed from the team; their tasks are unassigned now.",
    opens_new=False,
    edited=("member_name", "member_head"),
    listed=lambda members: {"balance": balance(members)},
).declare(bp)
