"""Guess from heading and cells which of our columns a column of a table is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from provision.nouns import amount_text, day_text
from provision.nouns.day_text import Written
from provision.web.exchange.columns.kinds import AMOUNTS, DAYS, REPEATABLE
from provision.web.exchange.columns.questions import filled
from provision.web.exchange.words import folding, headings, statuses, yes_no

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from provision.web.exchange.columns.kinds import Kind

_LOOKED_AT: Final = 400
_MOST: Final = 0.6
"""The share of cells that has to be of a kind."""
_CLEAR: Final = 12
"""A heading among the first that name a due date is one, whatever else stands below it."""
_LATE: Final = 1_000
"""Columns that are taken only where nothing else takes them come after all others."""


def guess(kind: Kind, names: Sequence[str], columns: Sequence[Sequence[str]]) -> list[str]:
    """Return for each heading the column it is, empty for none.

    A heading that is the best known for a column goes before one that is known less well; only what
    is put together from several columns is named twice.
    """
    samples = [filled(cells[:_LOOKED_AT]) for cells in columns]
    wanted = sorted(
        (place, number, role)
        for number, name in enumerate(names)
        for role in kind.roles - {"more"}
        if (place := _place(kind, role, name, samples[number])) is not None
    )
    guessed = [""] * len(names)
    for _, number, role in wanted:
        if not guessed[number] and (role in REPEATABLE or role not in guessed):
            guessed[number] = role
    return guessed


def _place(kind: Kind, role: str, name: str, cells: Sequence[str]) -> int | None:
    place = headings.place_of(role, name)
    if role == "status" and place is None and headings.place_of("progress", name) is not None:
        # A column called Progress that holds words: Not started, In progress, Completed.
        place = _LATE if _share(cells, _is_status_of(kind)) >= _MOST else None
    if place is None or not _fits(kind, role, name, cells):
        return None
    # A column without a single cell takes no place from one that has some.
    return place if cells else place + _LATE


def _fits(kind: Kind, role: str, name: str, cells: Sequence[str]) -> bool:
    if not cells:
        return role not in ("stage", "id")
    if role == "is_done" and yes_no.is_resolution(name):
        return True
    test = _TESTS.get("amount" if role in AMOUNTS else "day" if role in DAYS else role)
    if role == "status":
        return _share(cells, _is_day) < _MOST and _share(cells, _is_percent) < _MOST
    if role == "due_date" and (headings.place_of(role, name) or 0) < _CLEAR:
        return _share(cells, _is_day) > 0 and _share(cells, _is_percent) < _MOST
    if role == "stage":
        return _share(cells, _is_stage) >= 0.4
    return test is None or _share(cells, test) >= _MOST


def _share(cells: Sequence[str], test: Callable[[str], bool]) -> float:
    return sum(map(test, cells)) / len(cells) if cells else 0.0


def _is_day(text: str) -> bool:
    found = day_text.read(text, of_program=True)
    return isinstance(found, Written) or found != "words" or day_text.lacks_year(text)


def _is_amount(text: str) -> bool:
    return amount_text.read(text) != "number"


def _is_percent(text: str) -> bool:
    return yes_no.percent(text, of_one=False) is not None


def _is_yes_or_no(text: str) -> bool:
    return yes_no.read(text) is not None


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return len(text) >= 32


def _is_stage(text: str) -> bool:
    word = folding.word(text)
    return statuses.known("tasks", word) is not None or statuses.by_parts("tasks", word) == "done"


def _is_status_of(kind: Kind) -> Callable[[str], bool]:
    return lambda text: statuses.known(kind.key, folding.word(text)) is not None


def _is_name(text: str) -> bool:
    """Tell whether a text may be a name: it is not a day, a tick or a number."""
    return not (_is_day(text) or _is_percent(text))


_TESTS: Final[Mapping[str, Callable[[str], bool]]] = {
    "day": _is_day,
    "amount": _is_amount,
    "progress": _is_percent,
    "is_done": _is_yes_or_no,
    "id": _is_id,
    "assignee_email": lambda text: "@" in text,
    "assignee": _is_name,
    "project": _is_name,
    "email": lambda text: "@" in text,
}
