"""Workbooks (`.xlsx`) as tables of text, read by calamine.

A workbook is a ZIP file and comes from anybody. It is unpacked here within bounds and packed again,
so that calamine sees neither a false size nor more than fits; and a cell far away from all others,
for which calamine would fill a table of billions, is refused before.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from xml.parsers import expat

from provision.web.exchange.reading.delimited import MOST_CELLS, MOST_COLUMNS, MOST_ROWS, refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_SHEETS: Final = 20
_MOST_BYTES: Final = 32 * 1024 * 1024
_MOST_FILES: Final = 500
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml")
_PLACE: Final = re.compile(r"([A-Z]{1,3})?(\d{1,9})", re.ASCII)
_BROKEN: Final = (
    "This workbook cannot be read. Save it again as .xlsx, or save the sheet as CSV (UTF-8)."
)
_TOO_MUCH: Final = "This workbook is too large when it is unpacked. Save the sheet as CSV (UTF-8)."


def is_zip(content: bytes) -> bool:
    """Return whether a file is a ZIP file, as all workbooks of today are."""
    return content.startswith(b"PK\x03\x04")


def read(content: bytes) -> list[tuple[str, list[list[str]]]]:
    """Return the sheets of a workbook, name and records. Raises ValidationError for `file`."""
    import python_calamine  # noqa: PLC0415  # only for those who bring one

    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(_harmless(content)))
        sheets = []
        for name in workbook.sheet_names[:MOST_SHEETS]:
            rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            sheets.append((name, [[_text(cell) for cell in row] for row in rows]))
    except (python_calamine.CalamineError, ValueError, OverflowError, OSError):
        raise refusal(_BROKEN) from None
    return [(name, records) for name, records in sheets if any(map(any, records))]


def _harmless(content: bytes) -> bytes:
    """Unpack a workbook within bounds, and pack it again without compression."""
    copy = io.BytesIO()
    left = _MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if "xl/workbook.xml" not in archive.namelist():
                raise refusal(
                    "This is not an Excel workbook (.xlsx). Save the sheet as CSV (UTF-8)."
                )
            if len(parts) > _MOST_FILES:
                raise refusal(_TOO_MUCH)
            with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as safe:
                for part in parts:
                    if not part.filename.endswith((".xml", ".rels")):
                        continue
                    with archive.open(part) as opened:
                        unpacked = opened.read(left + 1)
                    left -= len(unpacked)
                    if left < 0:
                        raise refusal(_TOO_MUCH)
                    if _SHEET.fullmatch(part.filename):
                        _Extent().check(unpacked)
                    safe.writestr(part.filename, unpacked)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        raise refusal(_BROKEN) from None
    except (ValueError, KeyError):
        raise refusal(_BROKEN) from None
    return copy.getvalue()


class _Extent:
    """Walks through the XML of a sheet and refuses one that reaches too far."""

    def __init__(self) -> None:
        self._row = self._column = self._most_columns = self._rows = 0

    def check(self, xml: bytes) -> None:
        """Raise ValidationError where the sheet has too many rows, columns or cells."""
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.StartDoctypeDeclHandler = self._refuse
        try:
            parser.Parse(xml, True)
        except expat.ExpatError:
            raise refusal(_BROKEN) from None
        if self._rows * self._most_columns > MOST_CELLS:
            raise refusal(_TOO_MUCH)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "row":
            self._row = self._number(attributes.get("r"), self._row + 1)
            self._column = 0
        elif tag == "c":
            self._column += 1
            self._place(attributes.get("r"))
        if self._row > MOST_ROWS + 100:
            raise refusal(f"This has more than {MOST_ROWS:,} rows. Split it into several files.")
        if self._column > MOST_COLUMNS:
            raise refusal(f"A row has more than {MOST_COLUMNS} cells; {MOST_COLUMNS} are read.")
        self._rows = max(self._rows, self._row)
        self._most_columns = max(self._most_columns, self._column)

    def _place(self, text: str | None) -> None:
        if text is None:
            return
        found = _PLACE.fullmatch(text)
        if found is None or not found[1]:
            raise refusal(_BROKEN)
        self._row = int(found[2])
        self._column = 0
        for letter in found[1]:
            self._column = self._column * 26 + ord(letter) - 64

    @staticmethod
    def _number(text: str | None, usual: int) -> int:
        if text is None:
            return usual
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise refusal(_BROKEN)
        return int(text)

    @staticmethod
    def _refuse(*_: Any) -> None:
        raise refusal(_BROKEN)


def _text(cell: object) -> str:
    """Return a cell as text that can be read in one way only."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, datetime):
        is_day = cell.time() == time()
        return cell.date().isoformat() if is_day else cell.isoformat(" ", "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    if isinstance(cell, float):
        return _number(cell)
    # A workbook writes what XML cannot hold, and the carriage return, by its number.
    return str(cell).replace("_x000D_", "")


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = repr(round(value, 10))
    # Three decimals could be thousands elsewhere; a fourth cannot.
    return f"{text}0" if len(text.rpartition(".")[2]) == 3 and "e" not in text else text


def best(sheets: Sequence[tuple[str, list[list[str]]]]) -> int:
    """Return the place of the sheet that holds most."""
    sizes = [sum(sum(map(bool, record)) for record in records) for _, records in sheets]
    return sizes.index(max(sizes))
