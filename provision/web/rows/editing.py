"""The forms of all nouns: read them, save them, and say why they are refused.

Every change that a person makes to a single row goes through `Editor`. If somebody else changed the
row meanwhile, the two are merged field by field. A field that only one of them changed keeps that
value. If both changed it, the person chooses. Nothing is overwritten unseen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from flask import request

from provision.errors import (
    NotFoundError,
    RowRefusedError,
    StaleVersionError,
    ValidationError,
)
from provision.tenant.connection.decoding import decode
from provision.web.format import dates
from provision.web.request import session, undo_note, workspace
from provision.web.rows import seen, typed_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from provision.nouns.noun import Noun
    from provision.tenant.queries.statements.collection import Collection

Card = TypeVar("Card")

# How often a merge is retried when the row has changed once more meanwhile.
_MOST_MERGES: Final = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that both people changed, with the value of each."""

    column: str
    label: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """The changes of somebody else that a form collides with.

    `mine` is all that the form would write, with and without a collision. `changed` is when the row
    was changed, if its table says so.
    """

    mine: Mapping[str, str]
    differences: tuple[Difference, ...]
    changed: str | None

    @property
    def has_more(self) -> bool:
        """Tell whether the form would still write something if all of theirs is taken."""
        return len(self.mine) > len(self.differences)

    @property
    def between(self) -> str:
        return " ".join(each.column for each in self.differences)


@dataclass(frozen=True, slots=True)
class Form:
    """What a form holds, and why it was refused, if it was.

    `version` and `seen` say from which state of the row the form was filled; both are empty for a
    new row. If `is_gone` is true, somebody deleted the row: what was typed can only become a new
    row.
    """

    values: Mapping[str, str]
    version: str = ""
    seen: str = ""
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    conflict: Conflict | None = None
    is_gone: bool = False

    @property
    def status(self) -> int:
        """Return the HTTP status of a page with this form."""
        if self.is_gone:
            return 404
        return 409 if self.conflict else 422 if self.errors else 200


def as_stored(values: dict[str, Any], sent: Mapping[str, str]) -> None:
    """Add nothing to what is written."""


@dataclass(frozen=True, slots=True)
class Editor(Generic[Card]):
    """Saves the forms of one noun.

    `create` and `update` return the saved row, or the refused form. `complete` adds the values that
    the app itself writes along.
    """

    of: Collection[Card, Any]
    complete: Callable[[dict[str, Any], Mapping[str, str]], None] = as_stored

    @property
    def noun(self) -> Noun:
        return self.of.noun

    def new_form(self, given: Mapping[str, str] | None = None) -> Form:
        """Return the form of a new row, filled from `given` or from the address."""
        return Form(self._typed(request.args if given is None else given, self._new()))

    def form_of(self, row: Card) -> Form:
        """Return the form of a stored row."""
        values = self.texts(row)
        return Form(values, version=_version(row), seen=seen.note(self.noun, values))

    def texts(self, row: Card) -> dict[str, str]:
        """Return a stored row as the fields of its form."""
        return {column: _text(getattr(row, column)) for column in self.noun.columns}

    def create(self, sent: Mapping[str, str]) -> Card | Form:
        """Make a row of a form."""
        try:
            values = self._understood(sent).read(self.noun, creating=True)
            text = workspace.write(self.of.create, values=values, today=dates.today())
        except (ValidationError, RowRefusedError) as error:
            return Form(self._typed(sent, self._new()), errors=self._refusals(error))
        return decode(text, self.of.card_type)

    def update(self, row_id: UUID, sent: Mapping[str, str]) -> Card | Form:
        """Change the fields that a form carries; merge them if the row has changed meanwhile.

        Raises NotFoundError for a deleted row if the form does not hold enough for a new one.
        """
        sent = _chosen(sent)
        version = sent.get("version") or None
        try:
            return self._save(row_id, sent, version)
        except (ValidationError, RowRefusedError) as error:
            before = self.form_of(self._stored(row_id))
            return Form(
                self._typed(sent, before.values),
                version=version or before.version,
                seen=sent.get("seen", "") if version else before.seen,
                errors=self._refusals(error),
            )
        except NotFoundError:
            if self.noun.columns[0] not in sent:
                raise
            return Form(self._typed(sent, self._new()), is_gone=True)

    def _save(self, row_id: UUID, sent: Mapping[str, str], version: str | None) -> Card | Form:
        typed = self._understood(sent)
        values = typed.read(
            self.noun, creating=False, stored=lambda: self.texts(self._stored(row_id))
        )
        sent = typed.sent
        try:
            return self._write(row_id, values, sent, version)
        except StaleVersionError as error:
            return self._merge(row_id, values, sent, error.current, _MOST_MERGES)

    def against(self, sent: Mapping[str, str], stored: str) -> Card | Form:
        """Compare a form with the row as it is `stored` now; return the row if they agree."""
        current = decode(stored, self.of.card_type)
        theirs = self.texts(current)
        mine, differences = self._compare(sent, theirs, seen.read(self.noun, sent))
        if not mine:
            return current
        return Form(
            self._typed(sent, theirs),
            version=_version(current),
            seen=seen.note(self.noun, theirs),
            conflict=Conflict(mine, tuple(differences), getattr(current, "updated_at", None)),
        )

    def _merge(
        self, row_id: UUID, values: dict[str, Any], sent: Mapping[str, str], stored: str, tries: int
    ) -> Card | Form:
        """Save over the present row what only this form changed; return the form on a collision."""
        form = self.against(sent, stored)
        if not isinstance(form, Form) or not form.conflict:
            return form
        if form.conflict.differences or not tries:
            return form
        written = {column: values[column] for column in form.conflict.mine if column in values}
        try:
            return self._write(row_id, written, sent, form.version)
        except StaleVersionError as error:
            return self._merge(row_id, values, sent, error.current, tries - 1)

    def _compare(
        self, sent: Mapping[str, str], theirs: Mapping[str, str], before: seen.Seen
    ) -> tuple[dict[str, str], list[Difference]]:
        """Return what the form changed, and the fields of it that somebody else changed, too."""
        mine, differences = {}, []
        for each in self.noun.fields:
            column = each.column
            if column not in sent or before.had(column, sent[column]):
                continue
            typed, stored = each.plain(sent[column]), each.plain(theirs[column])
            if typed == stored:
                continue
            mine[column] = sent[column]
            if not before.had(column, stored):
                text = sent[column].strip().replace("\r\n", "\n")
                differences.append(Difference(column, each.label, text, theirs[column]))
        return mine, differences

    def _understood(self, sent: Mapping[str, str]) -> typed_text.Typed:
        return typed_text.understood(self.noun, sent, session.person().formats)

    def _write(
        self, row_id: UUID, values: dict[str, Any], sent: Mapping[str, str], version: str | None
    ) -> Card:
        self.complete(values, sent)
        text = workspace.write(
            self.of.update,
            row_id=str(row_id),
            values=values,
            version=version,
            today=dates.today(),
            note=undo_note.note(),
        )
        return decode(text, self.of.card_type)

    def _stored(self, row_id: UUID) -> Card:
        text = workspace.read(self.of.get, row_id=str(row_id), today=dates.today())
        return decode(text, self.of.card_type)

    def _refusals(self, error: ValidationError | RowRefusedError) -> dict[str, list[str]]:
        """Return the messages by field.

        What a rule of the person's own database refused is shown at the first field.
        """
        if isinstance(error, ValidationError):
            return error.errors
        return {self.noun.fields[0].column: [str(error)]}

    def _new(self) -> dict[str, str]:
        return {column: _text(value) for column, value in self.noun.defaults.items()}

    def _typed(self, given: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
        return {column: given.get(column, before.get(column, "")) for column in self.noun.columns}


def _chosen(sent: Mapping[str, str]) -> Mapping[str, str]:
    """Return the answer to a conflict without the fields for which theirs was chosen."""
    choice, between = sent.get("choose"), sent.get("between", "").split()
    if choice == "theirs":
        dropped = set(between)
    elif choice == "fields":
        dropped = {column for column in between if sent.get(f"keep-{column}") == "theirs"}
    else:
        return sent
    return {name: text for name, text in sent.items() if name not in dropped}


def _version(row: Any) -> str:
    return str(row.version)


def _text(value: object) -> str:
    return "" if value is None else str(value)
