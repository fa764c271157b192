"""An imported file, and how a form carries it from step to step.

Text is carried as its bytes, so that another encoding can still be chosen; a workbook as the text
of its sheets, which is far smaller.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from dataclasses import dataclass
from typing import Final

import msgspec

from provision.errors import ValidationError
from provision.web.exchange.reading import boards, delimited, encodings, workbook
from provision.web.exchange.reading.delimited import refusal

# A body is 1 MiB at most, and the form holds more than the rows.
_MOST_CARRIED_BYTES: Final = 900 * 1024
_MOST_EXPANDED_BYTES: Final = 8 * 1024 * 1024
_LEGACY: Final = b"\xd0\xcf\x11\xe0"

Table = tuple[str, list[list[str]]]


@dataclass(frozen=True, slots=True)
class Source:
    """`content` is text in some encoding; `tables` are set instead where it was a workbook."""

    content: bytes = b""
    tables: tuple[Table, ...] = ()

    @property
    def is_text(self) -> bool:
        """Return whether an encoding can be chosen."""
        return not self.tables

    @property
    def digest(self) -> str:
        """Return what is the same for the same file."""
        return hashlib.sha256(self._packed()).hexdigest()

    @property
    def size(self) -> int:
        """Return how many bytes it has unpacked."""
        return len(self._packed())

    def encoding(self, chosen: str = "") -> str:
        """Return the encoding that was chosen, or else guessed."""
        return chosen if chosen in encodings.NAMES else encodings.guess(self.content)

    def read(self, encoding: str) -> tuple[Table, ...]:
        """Return the tables, name and records. Raises ValidationError for `file`."""
        if self.tables:
            return self.tables
        text = encodings.decode(self.content, encoding)
        if "\0" in text:
            raise refusal("This is not a text file. Save the sheet as CSV (UTF-8) first.")
        if not text.strip("\ufeff \t\r\n"):
            raise refusal("There is nothing in it. Choose a file, or paste the rows.")
        if boards.is_json(text):
            return tuple(boards.read(text))
        return (("", delimited.read(text)),)

    def separator(self, encoding: str) -> str:
        """Return what stands between the cells of a text; empty for a workbook."""
        if not self.is_text:
            return ""
        return delimited.separated(encodings.decode(self.content, encoding))[0]

    def carried(self) -> str:
        """Return the source for a hidden field."""
        return base64.b64encode(zlib.compress(self._packed(), 6)).decode()

    def _packed(self) -> bytes:
        if self.is_text:
            return b"T" + self.content
        return b"S" + msgspec.json.encode(self.tables)


def opened(content: bytes) -> Source:
    """Return the source that a file is. Raises ValidationError for `file`."""
    if content.startswith(_LEGACY):
        raise refusal("This is an old Excel file (.xls). Save it as .xlsx or as CSV (UTF-8).")
    source = Source(content)
    if workbook.is_zip(content):
        tables = workbook.read(content)
        if not tables:
            raise refusal("There is nothing in this workbook.")
        source = Source(tables=tuple(tables))
    if len(source.carried()) > _MOST_CARRIED_BYTES or source.size > _MOST_EXPANDED_BYTES:
        raise refusal("This is too much for one import. Split it into two files.")
    return source


def resumed(text: str) -> Source:
    """Return the source that a hidden field holds, which anybody may have written.

    Raises ValidationError for `file`.
    """
    reader = zlib.decompressobj()
    try:
        packed = reader.decompress(base64.b64decode(text, validate=True), _MOST_EXPANDED_BYTES)
        if not reader.eof:
            raise zlib.error
        if packed[:1] == b"T":
            return Source(packed[1:])
        if packed[:1] != b"S":
            raise zlib.error
        tables = msgspec.json.decode(packed[1:], type=list[tuple[str, list[list[str]]]])
        _check(tables)
        return Source(tables=tuple(tables))
    except (binascii.Error, ValueError, zlib.error, msgspec.DecodeError):
        raise ValidationError(
            {"file": ["What was read of the file did not come back whole. Choose it again."]}
        ) from None


def _check(tables: list[Table]) -> None:
    """Raise ValueError for what no workbook of ours was made of."""
    if not tables or len(tables) > workbook.MOST_SHEETS:
        raise ValueError
    for _, records in tables:
        if len(records) > delimited.MOST_ROWS + 200:
            raise ValueError
        if any(len(record) > delimited.MOST_COLUMNS for record in records):
            raise ValueError
