"""Text as records: comma, semicolon, tab or pipe between the cells, told from the content."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

from provision.errors import ValidationError
from provision.web.exchange.reading.csv_text import without_apostrophe

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_COLUMNS: Final = 300
MOST_ROWS: Final = 50_000
MOST_CELLS: Final = 2_000_000

_SEPARATORS: Final = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS: Final = 20_000
# Excel's own line. It may name nothing, or what cannot stand between cells: a quotation mark, which
# the csv module refuses since Python 3.13, as it does a line break.
_SEPARATOR_LINE: Final = re.compile(
    r"""(?:sep=([^\r\n]?)|"sep=([^"\r\n])")(?:\r\n|\r|\n)""", re.IGNORECASE
)


def read(text: str) -> list[list[str]]:
    """Return the records of a text, empty ones included. Raises ValidationError for `file`."""
    separator, text = separated(text)
    return [[without_apostrophe(cell) for cell in each] for each in _records(text, separator)]


def separated(text: str) -> tuple[str, str]:
    """Return what stands between the cells, and the text without Excel's own line about it."""
    if said := _SEPARATOR_LINE.match(text):
        text = text[said.end() :]
        named = said[1] or said[2]
        if named and named != '"':
            return named, text
    return max(_SEPARATORS, key=lambda each: _likelihood(text[:_SAMPLE_CHARACTERS], each)), text


def _records(text: str, separator: str) -> Iterator[list[str]]:
    number = 0
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            number += 1
            if len(record) > MOST_COLUMNS:
                raise refusal(f"Row {number} has {len(record):,} cells; {MOST_COLUMNS} are read.")
            if number > MOST_ROWS:
                raise refusal(
                    f"This has more than {MOST_ROWS:,} rows. Split it into several files."
                )
            yield record
    except csv.Error:
        raise refusal(
            f"From row {number + 1} on this cannot be read: a quotation mark is opened and not "
            "closed, or there is text right after a closed one. Mend that row, or save the sheet "
            "as CSV again."
        ) from None


def _likelihood(sample: str, separator: str) -> tuple[float, int]:
    """Return how alike the records are with this separator, and how many cells they have.

    Rows above the headings have fewer cells, so the most common number counts.
    """
    try:
        widths = [
            len(record)
            for record in csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
            if record
        ]
    except csv.Error:
        return (0.0, 0)
    wide = [width for width in widths if width > 1]
    if not wide:
        return (0.0, 0)
    usual = max(set(wide), key=lambda width: (wide.count(width), width))
    first = widths[0] if widths[0] > 1 else usual
    best = max(wide.count(usual), wide.count(first))
    return (best / len(widths), usual)


def refusal(why: str) -> ValidationError:
    """Return the error that says why a file is not read."""
    return ValidationError({"file": [why]})
