"""Work out what a write changes on the board or list behind a panel. Nothing else is drawn again.

The browser sends the counts that it shows. We add to them or subtract from them, so that the
database is not asked a second time. The result goes back to the same browser only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.web.tasks.cards import Card, card, column_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from provision.tenant.queries.rows import TaskDetail
    from provision.web.tasks.view import TaskView


@dataclass(frozen=True, slots=True)
class CardChange:
    """A change of one card in the page.

    If `leaves` is true, the card is taken out. `enters` is where it is put in, as a swap of htmx.
    Without either, `card` replaces the one that is there. `counts` are pairs of column and cards.
    """

    id: str
    is_board: bool
    card: Card | None
    leaves: bool
    enters: str
    counts: tuple[tuple[str, int], ...]


def made(
    row: TaskDetail, today: date, view: TaskView, sent: Mapping[str, str]
) -> CardChange | None:
    """Return the change for a new task; None if the filters hide it."""
    if not view.fits(row):
        return None
    counts = _recount(sent, {column_key(row.status): 1})
    shown = card(row, today)
    return CardChange(row.id, view.is_board, shown, False, _spot(shown), counts)


def saved(row: TaskDetail, today: date, view: TaskView, sent: Mapping[str, str]) -> CardChange:
    """Return the change for an edited task; `was` in `sent` is its status on the page."""
    fits, has_moved, counts = _moved(row, view, sent)
    leaves = not fits or (has_moved and view.is_board)
    shown = card(row, today)
    enters = _spot(shown) if fits and has_moved and view.is_board else ""
    return CardChange(row.id, view.is_board, shown, leaves, enters, counts)


def moved(row: TaskDetail, today: date, view: TaskView, sent: Mapping[str, str]) -> CardChange:
    """Return the change for a task that was moved on the board.

    If script has `placed` the card, it is drawn again only if its look has changed.
    """
    fits, _, counts = _moved(row, view, sent)
    shown = card(row, today)
    if not fits:
        return CardChange(row.id, view.is_board, None, True, "", counts)
    if not view.is_board:
        return CardChange(row.id, False, shown, False, "", ())
    if "placed" in sent:
        is_other = shown.is_done != (sent.get("was") == "done")
        return CardChange(row.id, True, shown if is_other else None, False, "", counts)
    spot = f"afterend:#task-{sent['above']}" if sent.get("above") else _spot(shown)
    if "on_top" in sent:
        spot = f"afterbegin:#cards-{shown.column}"
    return CardChange(row.id, True, shown, True, spot, counts)


def removed(task_id: str, view: TaskView, sent: Mapping[str, str]) -> CardChange:
    """Return the change for a task that was deleted."""
    counts = _recount(sent, {column_key(sent.get("was")): -1})
    return CardChange(task_id, view.is_board, None, True, "", counts)


def _moved(
    row: TaskDetail, view: TaskView, sent: Mapping[str, str]
) -> tuple[bool, bool, tuple[tuple[str, int], ...]]:
    """Return whether the filters match the task, whether its column changed, and new counts."""
    before, now = column_key(sent.get("was")), column_key(row.status)
    fits = view.fits(row)
    has_moved = "was" in sent and before != now
    steps = {before: -1, now: 1} if fits else {before: -1}
    return fits, has_moved, _recount(sent, steps) if has_moved or not fits else ()


def _spot(shown: Card) -> str:
    """Return the place of a new card: the end of its column, or the top if it is done."""
    return f"{'afterbegin' if shown.is_done else 'beforeend'}:#cards-{shown.column}"


def _recount(sent: Mapping[str, str], steps: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    found = []
    for key, step in steps.items():
        shown = sent.get(f"count-{key}", "")
        if shown.isascii() and shown.isdigit() and len(shown) < 10:
            found.append((key, max(0, int(shown) + step)))
    return tuple(found)
