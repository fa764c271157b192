"""What a write changes on the board or list behind a panel, so that nothing else is drawn again.

The browser sends the counts it shows along; they are counted on from there instead of asking the
database a second time. They go back to the same browser and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.web.task_cards import Card, card, column_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from provision.tenant.rows import TaskDetail
    from provision.web.task_view import TaskView


@dataclass(frozen=True, slots=True)
class Change:
    """`leaves`: its card is taken away; `enters`: the card is put in, a done one on top.

    Neither: the card is replaced where it is. `counts` are (column, cards now in it).
    """

    id: str
    is_board: bool
    card: Card | None
    leaves: bool
    enters: bool
    counts: tuple[tuple[str, int], ...]


def made(row: TaskDetail, today: date, view: TaskView, sent: Mapping[str, str]) -> Change | None:
    """A task that is new; None where the filter hides it."""
    if not view.fits(row):
        return None
    counts = _recount(sent, {column_key(row.status): 1})
    return Change(row.id, view.is_board, card(row, today), False, True, counts)


def saved(row: TaskDetail, today: date, view: TaskView, sent: Mapping[str, str]) -> Change:
    """A task that was changed; `sent` says as `was` which status it had on the page."""
    before, now = column_key(sent.get("was")), column_key(row.status)
    fits = view.fits(row)
    has_moved = "was" in sent and before != now
    steps = {before: -1, now: 1} if fits else {before: -1}
    counts = _recount(sent, steps) if has_moved or not fits else ()
    leaves = not fits or (has_moved and view.is_board)
    enters = fits and has_moved and view.is_board
    return Change(row.id, view.is_board, card(row, today), leaves, enters, counts)


def removed(task_id: str, view: TaskView, sent: Mapping[str, str]) -> Change:
    """A task that is gone."""
    counts = _recount(sent, {column_key(sent.get("was")): -1})
    return Change(task_id, view.is_board, None, True, False, counts)


def _recount(sent: Mapping[str, str], steps: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    found = []
    for key, step in steps.items():
        shown = sent.get(f"count-{key}", "")
        if shown.isascii() and shown.isdigit() and len(shown) < 10:
            found.append((key, max(0, int(shown) + step)))
    return tuple(found)
