"""Take pasted text apart: each line that is not blank adds a task.

Where there are several, the mark of a list before a line goes: `- `, `* `, `1. `, `[ ] `. What
stands behind `[x] ` is done.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

MOST_LINES: Final = 100
MOST_CHARACTERS: Final = 30_000
LONGEST_LINE: Final = 1_000
_END: Final = re.compile(r"\r\n|\r|\n")
_MARK: Final = re.compile(
    r"\s*(?:(?:[-*+•◦▪‣–—]|[0-9]{1,3}[.)])(?:\s+|\Z))?(?:\[(?P<box>[ xX]?)\](?:\s+|\Z))?"  # noqa: RUF001  # dashes of a text processor
)


class Line(NamedTuple):
    """A line of a text; `number` counts all of its lines, blank ones too, from 1."""

    number: int
    text: str
    is_done: bool = False


def split(text: str) -> list[Line]:
    """Return the lines that are not blank; a single one keeps its mark and its blanks."""
    typed = [Line(at, each) for at, each in enumerate(_END.split(text), start=1) if each.strip()]
    if len(typed) < 2:
        return typed
    plain = [_without_mark(each) for each in typed]
    return [each for each in plain if each.text]


def _without_mark(line: Line) -> Line:
    found = _MARK.match(line.text)
    if found is None:
        return line
    return Line(line.number, line.text[found.end() :].strip(), found["box"] in ("x", "X"))
