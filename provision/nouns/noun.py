"""A kind of row: what it is called, and its fields with their rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provision.errors import ValidationError
from provision.nouns.fields import Choice, Field, FieldError
from provision.nouns.spelling import MOST_NAMED, suggestion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class Noun:
    """`name` is for sentences, `path` for addresses, `member` and `collection` for JSON."""

    name: str
    path: str
    member: str
    collection: str
    fields: tuple[Field, ...]

    def __getitem__(self, column: str) -> Field:
        return next(each for each in self.fields if each.column == column)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(each.column for each in self.fields)

    @property
    def defaults(self) -> dict[str, Any]:
        """Return what each field holds where a new row does not say."""
        return {each.column: each.default for each in self.fields}

    def labels(self, column: str) -> Mapping[str, str]:
        """Return the values of a choice and what they are called, in their order."""
        field = self[column]
        if not isinstance(field, Choice):
            raise TypeError(f"{column} of a {self.name} is no choice")
        return field.labels

    def read(
        self,
        data: Mapping[str, object],
        *,
        creating: bool,
        stored: Callable[[], Mapping[str, object]] | None = None,
        strict: bool = False,
    ) -> dict[str, Any]:
        """Return the values to store, of the fields that `data` has.

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
            wrong |= self._unknown(data)
        if wrong and stored:
            for name in self._as_stored(data, stored()):
                wrong.pop(name, None)
        if wrong:
            raise ValidationError(wrong)
        return values

    def _unknown(self, data: Mapping[str, object]) -> dict[str, list[str]]:
        """Return a message for each name that is no field, up to MOST_NAMED."""
        words = f"A {self.name} has no field of this name that can be set."
        return {
            name[:100]: [f"{words}{suggestion(name, self.columns)}"]
            for name in sorted(data.keys() - set(self.columns))[:MOST_NAMED]
        }

    def _as_stored(self, data: Mapping[str, object], row: Mapping[str, object]) -> list[str]:
        """Return the columns that `data` leaves as they are in `row`."""
        return [
            field.column
            for field in self.fields
            if field.column in data
            and field.plain(data[field.column]) == field.plain(row.get(field.column))
        ]
