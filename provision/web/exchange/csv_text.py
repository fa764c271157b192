"""CSV as spreadsheets write and read it: bytes to records of text, and rows to lines.

Encodings and separators differ by country and program; what a file uses is told from its content.
A cell that a spreadsheet would run as a formula goes out behind an apostrophe, which is taken off
again when it comes back.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

from provision.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

MOST_COLUMNS: Final = 100
MOST_ROWS: Final = 50_000

_SEPARATORS: Final = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS: Final = 20_000
_SEPARATOR_LINE: Final = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
# What Excel, LibreOffice and Google Sheets may take for the start of a formula.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def read(content: bytes) -> list[list[str]]:
    """The records of a file, empty ones included. Raises ValidationError for its field `file`."""
    text = _decoded(content)
    separator, text = _separator(text)
    return [[_without_apostrophe(cell) for cell in record] for record in _records(text, separator)]


def packed(records: Iterable[Sequence[str]]) -> str:
    """Records as text for `unpacked`, apostrophes and all."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows(records)
    return buffer.getvalue()


def unpacked(text: str) -> list[list[str]]:
    """The records that `packed` made a text of; it may come from anybody."""
    return list(_records(text, ","))


def _records(text: str, separator: str) -> Iterator[list[str]]:
    number = 0
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True):
            number += 1
            if len(record) > MOST_COLUMNS:
                raise _wrong(f"Row {number} has {len(record):,} cells; {MOST_COLUMNS} are read.")
            if number > MOST_ROWS:
                raise _wrong(f"This has more than {MOST_ROWS:,} rows. Split it into several files.")
            yield record
    except csv.Error:
        raise _wrong(
            f"From row {number + 1} on this cannot be read: a quotation mark is opened and not "
            "closed, or there is text right after a closed one. Mend that row, or save the sheet "
            "as CSV again."
        ) from None


def beginning(heads: Sequence[str]) -> bytes:
    """The start of a CSV file in UTF-8, with the mark by which Excel knows it, and its headings."""
    return b"\xef\xbb\xbf" + line(heads)


def line(cells: Sequence[str]) -> bytes:
    """One record of a CSV file; no cell of it runs as a formula."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow([_harmless(cell) for cell in cells])
    return buffer.getvalue().encode(errors="replace")


def _harmless(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def _without_apostrophe(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _decoded(content: bytes) -> str:
    if content.startswith(b"PK\x03\x04"):
        raise _wrong("This is an Excel or Calc workbook. Save the sheet as CSV (UTF-8) first.")
    text = ""
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if "\0" in text:
        raise _wrong("This is not a text file. Save the sheet as CSV (UTF-8) first.")
    if not text.strip("\ufeff \t\r\n"):
        raise _wrong("There is nothing in it. Choose a file, or paste the rows.")
    return text.removeprefix("\ufeff")


def _encodings(content: bytes) -> tuple[str, ...]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16", "latin-1")
    # UTF-16 without its mark: every second byte of Latin text is zero.
    start = content[:2000]
    if len(start) > 3 and start[1::2].count(0) > len(start) // 3:
        return ("utf-16-le", "latin-1")
    if len(start) > 3 and start[::2].count(0) > len(start) // 3:
        return ("utf-16-be", "latin-1")
    return ("utf-8", "cp1252", "latin-1")


def _separator(text: str) -> tuple[str, str]:
    """What parts the cells, and the text without Excel's own line about it."""
    if said := _SEPARATOR_LINE.match(text):
        return said[1], text[said.end() :]
    return max(_SEPARATORS, key=lambda each: _likelihood(text[:_SAMPLE_CHARACTERS], each)), text


def _likelihood(sample: str, separator: str) -> tuple[float, int]:
    """How alike the records are when parted so, and in how many cells; the heading counts most."""
    try:
        widths = [
            len(record)
            for record in csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
            if record
        ]
    except csv.Error:
        return (0.0, 0)
    if not widths or widths[0] < 2:
        return (0.0, 0)
    return (sum(width == widths[0] for width in widths) / len(widths), widths[0])


def _wrong(why: str) -> ValidationError:
    return ValidationError({"file": [why]})
