"""The kinds of fields: the rules that forms, JSON bodies and descriptions of rows are read by.

A field turns what came in (text from a form, any JSON value from the API) into the value to store,
or raises FieldError with a sentence to show beside it.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from provision.nouns.spelling import suggestion

if TYPE_CHECKING:
    from collections.abc import Mapping

CENT: Final = Decimal("0.01")
MOST_MONEY: Final = Decimal("99999999.99")
_NUMBER: Final = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EMAIL: Final = re.compile(r"[^\s@<>\"(),:;]+@[^\s@<>\"(),:;]+\.[^\s@<>\"(),:;]+")

PRIORITIES: Final = {"low": "Low", "medium": "Medium", "high": "High", "urgent": "Urgent"}


class FieldError(Exception):
    """What is wrong with one field, in a sentence for the person who filled it in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(ABC):
    """`column` is the name in forms, JSON and the table; None is stored for an empty optional."""

    column: str
    label: str
    required: bool = False
    default: Any = None
    """What a new row holds that does not say."""

    def read(self, raw: object) -> Any:
        """Return the value to store; raise FieldError."""
        if isinstance(raw, str):
            if "\x00" in raw:
                raise FieldError(f"{self.label} holds a character that cannot be stored.")
            if not raw.strip():
                raw = None
        if raw is None:
            if self.required:
                raise FieldError(f"{self.label} is needed.")
            return self.empty
        return self._read(raw)

    def plain(self, value: object) -> str:
        """Return a value as a form holds it; equal texts for values that mean the same."""
        return "" if value is None else str(value).strip().replace("\r\n", "\n")

    @property
    def empty(self) -> Any:
        return None

    @abstractmethod
    def _read(self, raw: object) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Field):
    """Text of at most `most` characters; one line unless `multiline`."""

    most: int
    multiline: bool = False

    def _read(self, raw: object) -> str:
        if not isinstance(raw, str):
            raise FieldError(f"{self.label} is a text.")
        value = raw.strip().replace("\r\n", "\n")
        if not self.multiline and any(ord(char) < 32 or ord(char) == 127 for char in value):
            raise FieldError(f"{self.label} goes on one line.")
        if len(value) > self.most:
            raise FieldError(
                f"{self.label} may have {self.most:,} characters at most; this has {len(value):,}."
            )
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Email(Text):
    most: int = 254

    def _read(self, raw: object) -> str:
        # A slotted dataclass is another class than the one `super()` alone would look for.
        value = super(Email, self)._read(raw)
        if not _EMAIL.fullmatch(value):
            raise FieldError("This is not an e-mail address; one looks like ana@example.org.")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Field):
    """One of the keys of `labels`, which say what each is called."""

    labels: Mapping[str, str]

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(self.labels)

    @property
    def empty(self) -> Any:
        raise FieldError(self._wish)

    @property
    def _wish(self) -> str:
        return f"{self.label} is one of {', '.join(self.values)}."

    def _read(self, raw: object) -> str:
        if not isinstance(raw, str):
            raise FieldError(self._wish)
        value = raw.strip()
        if value not in self.labels:
            raise FieldError(self._wish + suggestion(value, self.values))
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Money(Field):
    """0 to 99,999,999.99 with at most two decimals."""

    def plain(self, value: object) -> str:
        return _plain_number(value)

    def _read(self, raw: object) -> Decimal:
        value = _decimal(raw)
        if value is None:
            raise FieldError(f"{self.label} is a number such as 1200 or 1200.50.")
        if value < 0:
            raise FieldError(f"{self.label} is 0 or more.")
        if value > MOST_MONEY:
            raise FieldError(f"{self.label} is {MOST_MONEY:,} at most.")
        if value != value.quantize(CENT):
            raise FieldError(f"{self.label} has two decimals at most.")
        return value.quantize(CENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Percent(Field):
    """A whole number of percent from 0 to `most`."""

    most: int

    def plain(self, value: object) -> str:
        return _plain_number(value)

    @property
    def empty(self) -> Any:
        return 0

    def _read(self, raw: object) -> int:
        value = _decimal(raw.strip().removesuffix("%") if isinstance(raw, str) else raw)
        if value is None or value != value.to_integral_value() or not 0 <= value <= self.most:
            raise FieldError(f"{self.label} is a whole number of percent from 0 to {self.most}.")
        return int(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day(Field):
    """A date of the calendar, written YYYY-MM-DD."""

    def _read(self, raw: object) -> date:
        text = raw.strip() if isinstance(raw, str) else ""
        if not _DAY.fullmatch(text):
            raise FieldError(f"{self.label} is written YYYY-MM-DD, such as 2026-02-28.")
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise FieldError(f"{text} is not a day of the calendar.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference(Field):
    """The id of another row; whether it is there and yours the database says."""

    def _read(self, raw: object) -> str:
        try:
            return str(UUID(raw.strip())) if isinstance(raw, str) else str(UUID(""))
        except ValueError:
            raise FieldError(f"{self.label} is not one of those in this workspace.") from None


def _decimal(raw: object) -> Decimal | None:
    """Return a finite number, or None for anything else."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        return None
    if isinstance(raw, str):
        raw = raw.strip().replace("\N{NO-BREAK SPACE}", "").replace(" ", "")
        if not _NUMBER.fullmatch(raw):
            return None
    try:
        value = Decimal(raw)
    except InvalidOperation:
        return None
    # Beyond this quantize overflows; any limit of ours is far below.
    return value if value.is_finite() and abs(value.adjusted()) <= 25 else None


def _plain_number(value: object) -> str:
    """Return 1200 and 1200.00 as the same text; text that is no number (NaN, words) as it is."""
    text = "" if value is None else str(value).strip()
    try:
        return str(Decimal(text.removesuffix("%")).normalize())
    except InvalidOperation:
        return text
