"""The board and the list as whole pages, and the blocks of them that htmx asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import request

from provision.tenant.queries import tasks as queries
from provision.tenant.queries.options import Choices
from provision.tenant.queries.statements.paging import MOST_PRINTED
from provision.web.answer import htmx as hx
from provision.web.answer import undo_offer
from provision.web.answer.htmx import htmx
from provision.web.answer.partials import append, leave_for, respond
from provision.web.format import dates
from provision.web.request import workspace
from provision.web.rows import row_view
from provision.web.tasks import cards as task_cards
from provision.web.tasks import controls, drawing
from provision.web.tasks import panel as task_panel
from provision.web.tasks.frame import LIST, NO_LINE, frame
from provision.web.tasks.view import TaskView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from flask import Response

    from provision.tenant.queries.rows import StatusCount
    from provision.tenant.queries.tasks import Beside, BoardPage, TaskListPage
    from provision.web.rows.editing import Form
    from provision.web.tasks.controls import BulkQuestion
    from provision.web.tasks.frame import QuickLine

_LINES_A_PAGE: Final = 100
_MOST_OFFSET: Final = 1_000_000


def show_list(
    view: TaskView,
    *,
    quick: QuickLine = NO_LINE,
    new: Form | None = None,
    question: BulkQuestion | None = None,
    status: int = 200,
    is_new_place: bool = True,
) -> Response:
    """Answer with the board or list.

    `quick` and `new` are refused forms: what was typed into them, and what is wrong. `question`
    says why a change of many tasks was not made. With `is_new_place`, htmx adds the view to the
    history.
    """
    today, is_whole = dates.today(), row_view.is_whole()
    offset, cursor = (0, None) if is_whole else (_offset(), request.args.get("cursor"))
    page = _read(view, today, offset, cursor, is_whole=is_whole)
    panel = None
    if new:
        panel = task_panel.new(Choices(page.projects, page.members), new, at=view.url())
    choices = controls.filters(page.projects, page.members, page.counts)
    context = frame(view, quick=quick, panel=panel) | {
        "shell": page.shell,
        "filter_choices": choices,
        "choices": {
            "projects": [(each.id, each.name) for each in page.projects],
            "assignees": [(each.id, each.name) for each in page.members],
        },
        "chips": list(controls.chips(view, choices)),
        "question": question,
        "cleared_url": TaskView(view=view.view, sort=view.sort).url(),
        **_totals(page.counts, page.in_all),
        "totals_alone": False,
        "is_swap": bool(htmx),
        "is_more": False,
        "is_continued": bool(offset or cursor),
    }
    context |= _board(page, view, today, offset) if view.is_board else _list(page, view, today)
    context |= {"is_whole": is_whole, "left": max(0, context["total"] - context["shown"])}
    if context["is_continued"] and htmx:
        return respond(LIST, "more_cards" if view.is_board else "more_rows", **context)
    response = respond(LIST, "task_list", "task_views", "task_note", status=status, **context)
    return hx.push_url(response, view.url()) if htmx and is_new_place else response


def show_changed_many(view: TaskView, said: str) -> Response:
    """Answer with the list after many tasks were changed, and say so."""
    if not htmx:
        return leave_for(view.url(), said)
    toast = undo_offer.toast(said)
    return hx.toast(show_list(view), toast.text, undo=toast.undo, counts_changed=True)


def show_added(view: TaskView, said: str, first_id: str | None) -> Response:
    """Answer the line above the board or list after it added many tasks: draw all of it anew.

    `first_id` is the first of them that the view shows.
    """
    if not htmx:
        return leave_for(view.url(), said)
    toast = undo_offer.toast(said)
    response = hx.retarget(show_list(view, is_new_place=False), "#task-list", "outerHTML")
    made = hx.Made(f"task-{first_id}") if first_id else None
    return hx.toast(response, toast.text, undo=toast.undo, made=made, counts_changed=True)


def with_totals(response: Response, view: TaskView, seen: Beside) -> Response:
    """Append to a fragment how many tasks `view` has now."""
    totals = _totals(seen.counts, seen.in_all)
    return append(response, LIST, "task_totals", view=view, totals_alone=True, **totals)


def _totals(counts: Sequence[StatusCount], in_all: int) -> dict[str, int]:
    return {
        "total": sum(count.tasks for count in counts),
        "late": sum(count.late for count in counts),
        "in_all": in_all,
    }


def _read(
    view: TaskView, today: date, offset: int, cursor: str | None, *, is_whole: bool
) -> BoardPage | TaskListPage:
    """Read a page of the board or list; with `is_whole` as much of it as goes on paper."""
    if view.is_board:
        usual = task_cards.MORE_CARDS if offset else task_cards.CARDS_A_COLUMN
        return workspace.read(
            queries.board_page,
            today=today,
            shell=not htmx,
            filters=view.filters(),
            limit=task_cards.PRINTED_A_COLUMN if is_whole else usual,
            offset=offset,
        )
    return workspace.read(
        queries.list_page_with_counts,
        today=today,
        shell=not htmx,
        filters=view.filters(),
        sort=view.sort,
        cursor=cursor or None,
        limit=MOST_PRINTED if is_whole else _LINES_A_PAGE,
    )


def _board(
    page: BoardPage | TaskListPage, view: TaskView, today: date, offset: int
) -> dict[str, Any]:
    cards = drawing.board_cards(page.tasks, today)
    columns = task_cards.columns(cards, page.counts, view, offset=offset)
    statuses = {column.status for column in columns}
    return {
        "columns": columns,
        "shown": sum(card.place in statuses for card in cards),
        "hidden": task_cards.hidden_statuses(page.counts),
    }


def of_project(view: TaskView, today: date) -> dict[str, Any]:
    """Read the list of a project, as its own page shows it: in one order, nothing to choose."""
    page = workspace.read(
        queries.list_page_with_counts,
        today=today,
        shell=False,
        filters=view.filters(),
        sort=view.sort,
    )
    context = _list(page, view, today)
    return context | {"heads": [head._replace(url="") for head in context["heads"]]}


def _list(page: BoardPage | TaskListPage, view: TaskView, today: date) -> dict[str, Any]:
    lines = drawing.list_lines(page.tasks, today)
    next_cursor: str | None = getattr(page, "next_cursor", None)
    return {
        "groups": task_cards.groups(
            lines,
            is_first_page=not request.args.get("cursor"),
            has_more=next_cursor is not None,
        )
        if view.is_grouped
        else [task_cards.Group("all", "", task_cards.joined(html for _, html in lines), None)],
        "next_url": view.url(cursor=next_cursor) if next_cursor else "",
        "shown": len(lines),
        "heads": controls.heads(view),
    }


def _offset() -> int:
    text = request.args.get("offset", "")
    # Cut first: Python refuses to parse a number of thousands of digits.
    return min(int(text[:10]), _MOST_OFFSET) if text.isascii() and text.isdigit() else 0
