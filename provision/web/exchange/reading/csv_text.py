"""CSV as spreadsheets read it.

A cell that a spreadsheet would run as a formula goes out behind an apostrophe, which is taken off
again when it comes back.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

# What Excel, LibreOffice and Google Sheets may take for the start of a formula.
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def beginning(heads: Sequence[str]) -> bytes:
    """Return the start of a CSV file in UTF-8: the mark that Excel knows it by, and headings."""
    return b"\xef\xbb\xbf" + line(heads)


def line(cells: Sequence[str]) -> bytes:
    """Return one record of a CSV file; no cell of it runs as a formula."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow([_harmless(cell) for cell in cells])
    return buffer.getvalue().encode(errors="replace")


def without_apostrophe(cell: str) -> str:
    """Return a cell without the apostrophe that `line` put before a formula."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _harmless(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell
