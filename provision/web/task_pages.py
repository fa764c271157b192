"""The answers about tasks: a board or list, a panel, or the blocks of them that changed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from flask import current_app, request, url_for

from provision.nouns.tasks import STATUSES
from provision.tenant.queries import options
from provision.tenant.queries import tasks as queries
from provision.tenant.queries.options import Choices
from provision.web import (
    filters,
    task_cards,
    task_changes,
    task_controls,
    task_panel,
    task_view,
    undoing,
    workspace,
)
from provision.web import htmx as hx
from provision.web.htmx import htmx
from provision.web.partials import done, leave_for, respond
from provision.web.task_view import PRIORITIES, TaskView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from flask import Response

    from provision.tenant.queries.tasks import BoardPage, TaskListPage
    from provision.tenant.rows import TaskDetail
    from provision.web.editing import Form
    from provision.web.task_bulk import Question
    from provision.web.task_changes import Change
    from provision.web.task_panel import Panel

LIST: Final = "tasks/list.html"
DETAIL: Final = "tasks/detail.html"
_MOST_OFFSET: Final = 1_000_000


def show_list(
    view: TaskView,
    *,
    quick: tuple[str, Sequence[str]] = ("", ()),
    new: Form | None = None,
    question: Question | None = None,
    status: int = 200,
) -> Response:
    """The board or list; `quick` and `new` are what was typed into its forms and what is wrong.

    `question` says why a change of many tasks was not made.
    """
    today, offset, cursor = filters.today(), _offset(), request.args.get("cursor")
    page = _read(view, today, offset, cursor)
    panel = None
    if new:
        panel = task_panel.new(Choices(page.projects, page.members), new, at=view.url())
    choices = task_controls.filters(page.projects, page.members, page.counts)
    context = frame(view, quick=quick, panel=panel) | {
        "shell": page.shell,
        "filter_choices": choices,
        "choices": {
            "projects": [(each.id, each.name) for each in page.projects],
            "assignees": [(each.id, each.name) for each in page.members],
        },
        "chips": list(task_controls.chips(view, choices)),
        "in_all": page.in_all,
        "question": question,
        "cleared_url": TaskView(view=view.view, sort=view.sort).url(),
        "total": sum(count.tasks for count in page.counts),
        "late": sum(count.late for count in page.counts),
        "is_swap": bool(htmx),
        "is_more": False,
        "is_continued": bool(offset or cursor),
    }
    context |= _board(page, view, today, offset) if view.is_board else _list(page, view, today)
    if context["is_continued"] and htmx:
        return respond(LIST, "more_cards" if view.is_board else "more_rows", **context)
    response = respond(LIST, "task_list", "task_views", "task_note", status=status, **context)
    return hx.push_url(response, view.url()) if htmx else response


def show_new(view: TaskView, form: Form) -> Response:
    """The form of a new task: alone for htmx, beside the board or list for a plain request."""
    if not htmx:
        return show_list(view, new=form, status=form.status)
    panel = task_panel.new(workspace.read(options.choices), form, at=view.url())
    return respond(LIST, "task_panel", status=form.status, **frame(view, panel=panel))


def show_quick(view: TaskView, typed: str, errors: Sequence[str]) -> Response:
    """The line above the board again, with what is wrong with it."""
    if not htmx:
        return show_list(view, quick=(typed, errors), status=422)
    return respond(LIST, "quick_add", status=422, **frame(view, quick=(typed, errors)))


def show_made(view: TaskView, row: TaskDetail, said: str, *, is_quick: bool = False) -> Response:
    """The emptied form, and the new task in its place."""
    change = task_changes.made(row, filters.today(), view, request.form)
    blocks = ["quick_add" if is_quick else "task_panel", *_changes(change)]
    return done(view.url(), said, LIST, *blocks, **frame(view, change=change))


def show_task(
    task_id: str,
    *,
    form_of: Callable[[TaskDetail], Form] | None = None,
    warning: str = "",
) -> Response:
    """A task, with the form that `form_of` makes of it, or with what stands against it."""
    today = filters.today()
    page = workspace.read(queries.detail_page, row_id=task_id, today=today, shell=not htmx)
    panel = _opened(page.task, today, warning=warning)
    form, change = form_of(page.task) if form_of else None, None
    if form:
        panel = task_panel.with_form(panel, page, form)
        change = _change(page.task, today) if form.conflict else None
    response = respond(
        DETAIL,
        "task_panel",
        *_changes(change),
        status=409 if warning else form.status if form else 200,
        shell=page.shell,
        **frame(task_view.present(), panel=panel, change=change),
    )
    # What is wrong with a move is said in the panel, not in the part that asked for it.
    return hx.retarget(response, "#panel") if htmx and request.form else response


def show_gone(task_id: str, form: Form) -> Response:
    """What was typed into a task that somebody else deleted, as a new one."""
    view = task_view.present()
    if not htmx:
        return show_list(view, new=form, status=form.status)
    panel = task_panel.new(workspace.read(options.choices), form, at=view.url())
    change = task_changes.removed(task_id, view, request.form)
    response = respond(
        LIST,
        "task_panel",
        "task_changes",
        status=form.status,
        **frame(view, panel=panel, change=change),
    )
    return hx.retarget(response, "#panel")


def show_saved(row: TaskDetail) -> Response:
    """What a change of a task touched: the part that asked, and the board or list behind it."""
    today = filters.today()
    change = _change(row, today)
    only_moved = htmx.target == "task-facts"
    blocks = ["task_facts", "task_moved"] if only_moved else ["task_panel"]
    if change and (htmx.target or "").startswith("task-") and not only_moved:
        blocks = []  # edited where it stands in the list
    was_or_is_done = "done" in (request.form.get("was"), row.status)
    return done(
        url_for("tasks.detail", task_id=row.id),
        f"{short(row.title)} is saved.",
        DETAIL,
        *blocks,
        *_changes(change),
        # What is open and late is counted; a move between two open states changes neither.
        counts_changed=was_or_is_done or not only_moved,
        **frame(task_view.present(), panel=_opened(row, today), change=change),
    )


def show_moved(row: TaskDetail) -> Response:
    """The counts of two columns, and the card where it is not in its place already."""
    view, sent = task_view.present(), request.form
    change = task_changes.moved(row, filters.today(), view, sent)
    has_status = sent.get("was") != (row.status or "")
    name = STATUSES.get(row.status or "", row.status or "no status")
    where = f" is in {name} now." if has_status else " is moved."
    return done(
        view.url(),
        f"{short(row.title)}{where}",
        LIST,
        *(() if "placed" in sent else ("task_panel",)),
        "task_changes",
        counts_changed="done" in (sent.get("was"), row.status),
        **frame(view, change=change),
    )


def show_changed_many(view: TaskView, said: str) -> Response:
    """The list as it is after many tasks were changed."""
    if not htmx:
        return leave_for(view.url(), said)
    toast = undoing.toast(said)
    return hx.toast(show_list(view), toast.text, undo=toast.undo, counts_changed=True)


def show_removed(task_id: str, view: TaskView) -> Response:
    """The closed panel, and the task taken off the board or list."""
    change = task_changes.removed(task_id, view, request.form)
    blocks = ("task_panel", *_changes(change))
    return done(view.url(), "The task is deleted.", LIST, *blocks, **frame(view, change=change))


def frame(
    view: TaskView,
    *,
    quick: tuple[str, Sequence[str]] = ("", ()),
    panel: Panel | None = None,
    change: Change | None = None,
) -> dict[str, Any]:
    """What the forms around a board or list are drawn from."""
    return {
        "view": view,
        "presets": view.presets(),
        "quick_typed": quick[0],
        "quick_errors": quick[1],
        "panel": panel,
        "change": change,
        "statuses": STATUSES,
        "priorities": PRIORITIES,
        "drawn": drawn(),
    }


def drawn() -> dict[str, Any]:
    """The macros that cards are made of, each drawing the same thing once in an answer only."""
    ui: Any = current_app.jinja_env.globals["ui"]
    return {
        name: cache(getattr(ui, name)) for name in ("avatar", "due", "icon", "priority", "status")
    }


def _opened(row: TaskDetail, today: date, *, warning: str = "") -> Panel:
    behind = task_view.behind()
    back = behind.home if behind else url_for("tasks.list")
    return task_panel.opened(row, today, back=back, is_beside=bool(htmx), warning=warning)


def _read(view: TaskView, today: date, offset: int, cursor: str | None) -> BoardPage | TaskListPage:
    common: dict[str, Any] = {"today": today, "shell": not htmx, "filters": view.filters()}
    if view.is_board:
        board: BoardPage = workspace.read(
            queries.board_page,
            **common,
            limit=task_cards.MORE_CARDS if offset else task_cards.CARDS_A_COLUMN,
            offset=offset,
        )
        return board
    listed: TaskListPage = workspace.read(
        queries.list_page_with_counts, **common, sort=view.sort, cursor=cursor or None
    )
    return listed


def _board(
    page: BoardPage | TaskListPage, view: TaskView, today: date, offset: int
) -> dict[str, Any]:
    cards = [task_cards.card(row, today) for row in page.tasks]
    return {
        "columns": task_cards.columns(cards, page.counts, view, offset=offset),
        "hidden": task_cards.hidden_statuses(page.counts),
    }


def _list(page: BoardPage | TaskListPage, view: TaskView, today: date) -> dict[str, Any]:
    cards = [task_cards.card(row, today) for row in page.tasks]
    next_cursor: str | None = getattr(page, "next_cursor", None)
    return {
        "groups": task_cards.groups(
            cards,
            today,
            is_first_page=not request.args.get("cursor"),
            has_more=next_cursor is not None,
        )
        if view.is_grouped
        else [task_cards.Group("all", "", tuple(cards), None)],
        "next_url": view.url(cursor=next_cursor) if next_cursor else "",
        "heads": task_controls.heads(view),
    }


def _change(row: TaskDetail, today: date) -> Change | None:
    """What `row` as it is now changes on the board or list behind the panel, if there is one."""
    behind = task_view.behind()
    return task_changes.saved(row, today, behind, request.form) if behind else None


def _changes(change: Change | None) -> tuple[str, ...]:
    return ("task_changes",) if change else ()


def _offset() -> int:
    text = request.args.get("offset", "")
    # Cut first: Python refuses to read a number of thousands of digits.
    return min(int(text[:10]), _MOST_OFFSET) if text.isascii() and text.isdigit() else 0


def short(title: str) -> str:
    return title if len(title) <= 60 else f"{title[:59]}…"
