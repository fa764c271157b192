"""The rules of each noun, declared once: a form, a JSON body and a description are read by them.

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

from provision.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

CENT: Final = Decimal("0.01")
MOST_MONEY: Final = Decimal("99999999.99")
_NUMBER: Final = re.compile(r"[+-]?\d{1,20}(\.\d{1,20})?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_EMAIL: Final = re.compile(r"[^\s@<>\"(),:;]+@[^\s@<>\"(),:;]+\.[^\s@<>\"(),:;]+")


class FieldError(Exception):
    """What is wrong with one field, in a sentence for the person who filled it in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(ABC):
    """`column` is the name in forms, JSON and the table; None is stored for an empty optional."""

    column: str
    label: str
    required: bool = False

    def read(self, raw: object) -> Any:
        """The value to store; raises FieldError."""
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
    """One of `values`; the first of them stands for an empty form field."""

    values: tuple[str, ...]

    @property
    def empty(self) -> Any:
        raise FieldError(self._wish)

    @property
    def _wish(self) -> str:
        return f"{self.label} is one of {', '.join(self.values)}."

    def _read(self, raw: object) -> str:
        if not isinstance(raw, str) or raw.strip() not in self.values:
            raise FieldError(self._wish)
        return raw.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Money(Field):
    """0 to 99,999,999.99 with at most two decimals."""

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


@dataclass(frozen=True, slots=True)
class Noun:
    """A kind of row: its name in a sentence and its fields."""

    name: str
    fields: tuple[Field, ...]

    def read(
        self,
        data: Mapping[str, object],
        *,
        creating: bool,
        stored: Callable[[], Mapping[str, object]] | None = None,
        strict: bool = False,
    ) -> dict[str, Any]:
        """The values to store, of the fields that `data` has.

        Raises ValidationError with every field that is wrong. A value that breaks the rules but is
        what is stored already (another program wrote it) is left out instead; `stored` fetches the
        row for that, once and only then. `strict` refuses unknown names, as JSON does; a form
        carries other things besides.
        """
        values: dict[str, Any] = {}
        wrong: dict[str, list[str]] = {}
        for field in self.fields:
            if field.column not in data:
                if creating and field.required:
                    wrong[field.column] = [f"{field.label} is needed."]
                continue
            try:
                values[field.column] = field.read(data[field.column])
            except FieldError as error:
                wrong[field.column] = [str(error)]
        if strict:
            known = {field.column for field in self.fields}
            for name in data.keys() - known:
                wrong[name[:100]] = [f"A {self.name} has no field of this name that can be set."]
        if wrong and stored:
            row = stored()
            for name in [name for name in wrong if name in row and name in data]:
                if same(data[name], row[name]):
                    del wrong[name]
        if wrong:
            raise ValidationError(wrong)
        return values


PROJECT: Final = Noun(
    "project",
    (
        Text(column="name", label="Name", required=True, most=200),
        Text(column="description", label="Description", most=10_000, multiline=True),
        Money(column="budget", label="Budget"),
        Money(column="spent", label="Spent"),
        Choice(
            column="status",
            label="Status",
            values=("planning", "active", "on_hold", "completed", "cancelled"),
        ),
        Choice(column="priority", label="Priority", values=("low", "medium", "high", "urgent")),
        Day(column="due_date", label="Due date"),
    ),
)

TASK: Final = Noun(
    "task",
    (
        Text(column="title", label="Title", required=True, most=200),
        Text(column="description", label="Description", most=10_000, multiline=True),
        Choice(column="status", label="Status", values=("todo", "in_progress", "review", "done")),
        Choice(column="priority", label="Priority", values=("low", "medium", "high", "urgent")),
        Day(column="due_date", label="Due date"),
        Reference(column="project_id", label="Project"),
        Reference(column="assignee_id", label="Assignee"),
    ),
)

TEAM_MEMBER: Final = Noun(
    "team member",
    (
        Text(column="name", label="Name", required=True, most=200),
        Email(column="email", label="E-mail"),
        Text(column="role", label="Role", most=200),
        Percent(column="workload", label="Workload", most=200),
        Choice(column="status", label="Status", values=("available", "busy", "away")),
    ),
)


def _decimal(raw: object) -> Decimal | None:
    """A finite number, or None for anything else."""
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


def same(one: object, other: object) -> bool:
    """Whether two values read the same in a form, as text or as numbers (1200 and 1200.00)."""
    first, second = _plain(one), _plain(other)
    if first == second:
        return True
    try:
        return Decimal(first) == Decimal(second)
    except InvalidOperation:
        return False


def _plain(value: object) -> str:
    return "" if value is None else str(value).strip().replace("\r\n", "\n")
