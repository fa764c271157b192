"""What a write changes on the board or list behind a panel, so that nothing else is drawn again.

The browser sends the counts it shows along; they are counted on from there instead of asking the
database a second time. They go back to the same browser and nowhere else.
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
class Change:
    """`leaves`: its card is taken away; `enters`: where the card is put in, as htmx writes it.

    Neither: the card, if it is given, is replaced where it is. `counts` are (column, cards in it).
    """

    id: str
    is_board: bool
    card: Card | None
    leaves: bool
    enters: str
    counts: tuple[tuple[str, int], ...]


def made(row: TaskDetail, today: date, view: TaskView, sent: Mapping[str, str]) -> Change | None:
    """A task that is new; None where the filter hides it."""
    if not view.fits(row):
        return None
    counts = _recount(sent, {column_key(row.status): 1})
    shown = card(row, today)
    return Change(row.id, view.is_board, shown, False, _spot(shown), counts)


def saved(row: TaskDetail, today: date, view: TaskView, sent: Mapping[str, str]) -> Change:
    """A task that was changed; `sent` says as `was` which status it had on the page."""
    fits, has_moved, counts = _moved(row, view, sent)
    leaves = not fits or (has_moved and view.is_board)
    shown = card(row, today)
    enters = _spot(shown) if fits and has_moved and view.is_board else ""
    return Change(row.id, view.is_board, shown, leaves, enters, counts)


def moved(row: TaskDetail, today: date, view: TaskView, sent: Mapping[str, str]) -> Change:
    """A task that was moved on the board.

    A card that is `placed` already, by script, is drawn again only where it looks otherwise now.
    """
    fits, _, counts = _moved(row, view, sent)
    shown = card(row, today)
    if not fits:
        return Change(row.id, view.is_board, None, True, "", counts)
    if not view.is_board:
        return Change(row.id, False, shown, False, "", ())
    if "placed" in sent:
        is_other = shown.is_done != (sent.get("was") == "done")
        return Change(row.id, True, shown if is_other else None, False, "", counts)
    spot = f"afterend:#task-{sent['above']}" if sent.get("above") else _spot(shown)
    if "on_top" in sent:
        spot = f"afterbegin:#cards-{shown.column}"
    return Change(row.id, True, shown, True, spot, counts)


def removed(task_id: str, view: TaskView, sent: Mapping[str, str]) -> Change:
    """A task that is gone."""
    counts = _recount(sent, {column_key(sent.get("was")): -1})
    return Change(task_id, view.is_board, None, True, "", counts)


def _moved(
    row: TaskDetail, view: TaskView, sent: Mapping[str, str]
) -> tuple[bool, bool, tuple[tuple[str, int], ...]]:
    """Whether a task is still looked at, whether its column is another, and the counts then."""
    before, now = column_key(sent.get("was")), column_key(row.status)
    fits = view.fits(row)
    has_moved = "was" in sent and before != now
    steps = {before: -1, now: 1} if fits else {before: -1}
    return fits, has_moved, _recount(sent, steps) if has_moved or not fits else ()


def _spot(shown: Card) -> str:
    """The end of its column; what is done comes on top."""
    return f"{'afterbegin' if shown.is_done else 'beforeend'}:#cards-{shown.column}"


def _recount(sent: Mapping[str, str], steps: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    found = []
    for key, step in steps.items():
        shown = sent.get(f"count-{key}", "")
        if shown.isascii() and shown.isdigit() and len(shown) < 10:
            found.append((key, max(0, int(shown) + step)))
    return tuple(found)
