"""Say what an import loses or changes, before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.web.exchange.checking.draft import Draft
    from provision.web.exchange.columns.questions import Aside

# {n} is how many rows, {c} the column, {s} examples.
_SENTENCES: Final[Mapping[str, str]] = {
    "no_day": "{c}, {n}: no days ({s}). Kept in the description, without a date.",
    "range": "{c}, {n}: spans ({s}). The last day counts; the span is kept in the description.",
    "clock": "{c}, {n}: the time of day is left out ({s}).",
    "people": "{c}, {n}: several people ({s}). The first is assigned, the others are named in the "
    "description.",
    "guessed": "{c}, {n}: named in part, and taken for the only one it may be ({s}).",
    "projects": "{c}, {n}: several projects ({s}). The first counts, the others are named in the "
    "description.",
    "currency": "{c}, {n}: the currency is left out ({s}).",
    "title_cut": "{c}, {n}: longer than 200 characters. Cut; the whole text is kept in the "
    "description.",
    "title_lines": "{c}, {n}: several lines become one ({s}).",
    "contradiction": "{n}: open by the status ({s}), closed by another column. Imported as done.",
    "archived": "{c}, {n}: archived. Imported as done.",
    "closed_word": "{c}, {n}: {s} closes a task here. Imported as done.",
}


def sentences(draft: Draft, aside: Aside) -> list[str]:
    """Return what is lost or changed, one sentence each."""
    return [
        _SENTENCES[what].format(n=_rows(count), c=column, s=aside.shown((what, column)))
        for (what, column), count in aside.counts.items()
    ] + _of_the_shape(draft)


def _of_the_shape(draft: Draft) -> list[str]:
    found = draft.shape
    said = []
    left = [
        name
        for place, name in enumerate(draft.headings)
        if not draft.columns[place] and any(cell.strip() for cell in draft.cells(place))
    ]
    if left:
        said.append(f"Columns that are left out: {_named(left)}.")
    if found.groups:
        names = list(dict.fromkeys(found.groups))
        said.append(
            f"Rows that are read as names of groups, not as {draft.kind.many}: {_named(names)}."
        )
    if found.repeats:
        said.append(f"Headings that come again are skipped: {_rows(found.repeats)}.")
    if found.sums:
        said.append(f"Rows without a name at the end of groups are left out: {found.sums:,}.")
    if found.parts:
        said.append(f"Subitems and notes are left out: {_rows(found.parts)}.")
    others = [name for place, (name, _) in enumerate(draft.tables) if place != draft.sheet]
    if others:
        said.append(f"Other sheets of the file are not read: {_named(others)}.")
    return said


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _named(names: list[str], most: int = 12) -> str:
    shown = [name if len(name) <= 40 else f"{name[:39]}…" for name in names[:most]]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(shown) + more
