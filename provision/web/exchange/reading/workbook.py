"""Workbooks (`.xlsx`) as tables of text, read by calamine.

A workbook is a ZIP file and comes from anybody. It is unpacked here within bounds and packed again,
so that calamine sees neither a false size nor more than fits; a cell far away from all others, for
which calamine would fill a table of billions, is refused before, and so is a long text that very
many cells share, of which it would make a copy for each.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from xml.parsers import expat

from provision.web.exchange.reading.delimited import MOST_CELLS, MOST_COLUMNS, MOST_ROWS, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_SHEETS: Final = 20
_MOST_BYTES: Final = 32 * 1024 * 1024
_MOST_FILES: Final = 500
# As much text as one import takes along; more would be refused after it was read.
_MOST_CHARACTERS: Final = 8 * 1024 * 1024
_NEEDED: Final = re.compile(
    r"(?:xl/|_rels/|\[content_types\]).*\.(?:xml|rels)", re.IGNORECASE | re.DOTALL
)
_PLACE: Final = re.compile(r"([A-Z]{1,3})?(\d{1,9})", re.ASCII)
_BROKEN: Final = (
    "This workbook cannot be read. Save it again as .xlsx, or save the sheet as CSV (UTF-8)."
)
_TOO_LONG: Final = (
    "The cells of this workbook hold more text than one import takes. Take out the columns with "
    "long texts that you do not need, or split the sheet into several files."
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
    parts = _unpacked(content)
    _check(parts.values())
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as safe:
        for name, xml in parts.items():
            safe.writestr(name, xml)
    return copy.getvalue()


def _unpacked(content: bytes) -> dict[str, bytes]:
    """Return the parts that a reader needs, by name."""
    parts = {}
    left = _MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found = archive.infolist()
            if "xl/workbook.xml" not in archive.namelist():
                raise refusal(
                    "This is not an Excel workbook (.xlsx). Save the sheet as CSV (UTF-8)."
                )
            if len(found) > _MOST_FILES:
                raise refusal(_TOO_MUCH)
            for part in found:
                if not _NEEDED.match(part.filename):
                    continue
                with archive.open(part) as opened:
                    unpacked = opened.read(left + 1)
                left -= len(unpacked)
                if left < 0:
                    raise refusal(_TOO_MUCH)
                parts[part.filename] = unpacked
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        raise refusal(_BROKEN) from None
    except (ValueError, KeyError):
        raise refusal(_BROKEN) from None
    return parts


def _check(parts: Iterable[bytes]) -> None:
    """Raise ValidationError where the sheets together hold too many cells or too much text.

    Which part is a sheet, and which holds the texts that cells share, is told by what is in it:
    the names are the file's own, and so is the order.
    """
    cells = 0
    texts = _Texts()
    for xml in parts:
        extent = _Extent(texts)
        extent.check(xml)
        cells += extent.cells
    if cells > MOST_CELLS:
        raise refusal(_TOO_MUCH)
    if texts.read > _MOST_CHARACTERS:
        raise refusal(_TOO_LONG)


@dataclass(slots=True)
class _Texts:
    """Counts characters: those in the cells themselves, and those that cells share by number.

    A text that is stored once may be referred to by every cell, and is read once for each.
    """

    own: int = 0
    shared: list[int] = field(default_factory=list)
    uses: Counter[str] = field(default_factory=Counter)

    @property
    def read(self) -> int:
        """Return how many characters calamine would make of them; rather too many than too few."""
        longest = max(self.shared, default=0)
        return self.own + sum(
            count * (self.shared[int(at)] if self._is_known(at) else longest)
            for at, count in self.uses.items()
        )

    def _is_known(self, at: str) -> bool:
        return at.isascii() and at.isdigit() and len(at) < 10 and int(at) < len(self.shared)


class _Extent:
    """Walks through the XML of a part; refuses a sheet that reaches too far, and counts texts."""

    def __init__(self, texts: _Texts) -> None:
        self._texts = texts
        self._row = self._column = self._most_columns = self._rows = 0
        self._is_sheet = self._is_shared = False
        self._pieces: list[str] | None = None

    @property
    def cells(self) -> int:
        """Return how many cells the table has that is made of it."""
        return self._rows * self._most_columns

    def check(self, xml: bytes) -> None:
        """Raise ValidationError where the sheet has too many rows, columns or cells."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._read
        parser.StartDoctypeDeclHandler = self._refuse
        try:
            parser.Parse(xml, True)
        except expat.ExpatError:
            raise refusal(_BROKEN) from None
        if self.cells > MOST_CELLS:
            raise refusal(_TOO_MUCH)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "sheetData":
            self._is_sheet = True
        elif tag == "si":
            self._texts.shared.append(0)
            self._is_shared = True
        elif self._is_sheet and tag in ("row", "c"):
            self._begin(tag, attributes)

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        """Take note of a row or a cell, and of how far the sheet reaches with it."""
        if tag == "row":
            self._row = self._number(attributes.get("r"), self._row + 1)
            self._column = 0
        else:
            self._column += 1
            self._place(attributes.get("r"))
            self._pieces = [] if attributes.get("t") == "s" else None
        if self._row > MOST_ROWS + 100:
            raise refusal(f"This has more than {MOST_ROWS:,} rows. Split it into several files.")
        if self._column > MOST_COLUMNS:
            raise refusal(f"A row has more than {MOST_COLUMNS} cells; {MOST_COLUMNS} are read.")
        self._rows = max(self._rows, self._row)
        self._most_columns = max(self._most_columns, self._column)

    def _end(self, name: str) -> None:
        if self._pieces is not None and name.rpartition(":")[2] == "c":
            self._texts.uses["".join(self._pieces).strip()] += 1
            self._pieces = None

    def _read(self, text: str) -> None:
        if self._pieces is not None:
            self._pieces.append(text)
        elif self._is_shared:
            self._texts.shared[-1] += len(text)
        elif self._is_sheet:
            self._texts.own += len(text)

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
