"""The forms of all nouns: reading, saving, and what a form shows when it is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flask import request

from provision.errors import RowRefusedError, StaleVersionError, ValidationError
from provision.tenant.queries.bundle import decode
from provision.web import filters, workspace
from provision.web.forms import same

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from provision.web.forms import Noun

Card = TypeVar("Card")


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of a form that somebody else has changed meanwhile."""

    label: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """What stands against a form: the version there is now and where the two differ."""

    version: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """An open form: what its fields hold, and why it was refused if it was.

    `version` is the row's version the form goes out from, empty for a new row.
    """

    values: Mapping[str, str]
    version: str = ""
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    conflict: Conflict | None = None

    @property
    def status(self) -> int:
        """The HTTP status of a page with this form on it."""
        return 409 if self.conflict else 422 if self.errors else 200


def refusals(noun: Noun, error: ValidationError | RowRefusedError) -> dict[str, list[str]]:
    """Messages by field; what a rule of the user's own database refused is beside the first."""
    if isinstance(error, ValidationError):
        return error.errors
    return {noun.fields[0].column: [str(error)]}


@dataclass(frozen=True, slots=True)
class Editor(Generic[Card]):
    """Saves the forms of one noun; `new` is what an empty form holds.

    `create` and `update` give the saved row as its card, or the refused form.
    """

    noun: Noun
    card: type[Card]
    create_query: Callable[..., str]
    update_query: Callable[..., str]
    get_query: Callable[..., str]
    new: Mapping[str, str]

    def empty_panel(self) -> Panel:
        """The form of a new row; the address may fill fields in."""
        return Panel(self._typed(request.args, self.new))

    def panel_of(self, row: Any) -> Panel:
        """The form of a stored row."""
        values = {each.column: _text(getattr(row, each.column)) for each in self.noun.fields}
        return Panel(values, version=row.version)

    def create(self) -> Card | Panel:
        """Make a row of the present form."""
        try:
            values = self.noun.read(request.form, creating=True)
            text = workspace.write(self.create_query, values=values, today=filters.today())
        except (ValidationError, RowRefusedError) as error:
            return Panel(self._typed(request.form, self.new), errors=refusals(self.noun, error))
        return decode(text, self.card)

    def update(self, row_id: UUID) -> Card | Panel:
        """Change the fields that the present form carries, if the row is still as it was read."""
        version = request.form.get("version", "")
        try:
            values = self.noun.read(
                request.form, creating=False, stored=lambda: self._stored(row_id)
            )
            text = workspace.write(
                self.update_query,
                row_id=str(row_id),
                values=values,
                version=version or None,
                today=filters.today(),
            )
        except (ValidationError, RowRefusedError) as error:
            before = {name: _text(value) for name, value in self._stored(row_id).items()}
            return Panel(
                self._typed(request.form, before),
                version=version or before["version"],
                errors=refusals(self.noun, error),
            )
        except StaleVersionError as error:
            return self._refused(error.current)
        return decode(text, self.card)

    def _refused(self, current: str) -> Panel:
        row = decode(current, dict[str, object])
        differences = []
        for each in self.noun.fields:
            if each.column not in request.form:
                continue
            mine, theirs = request.form[each.column].strip(), _text(row.get(each.column))
            if not same(mine, theirs):
                differences.append(Difference(each.label, mine or "nothing", theirs or "nothing"))
        before = {name: _text(value) for name, value in row.items()}
        version = before["version"]
        return Panel(
            self._typed(request.form, before),
            version=version,
            conflict=Conflict(version, tuple(differences)),
        )

    def _stored(self, row_id: UUID) -> dict[str, object]:
        return decode(workspace.read(self.get_query, row_id=str(row_id)), dict[str, object])

    def _typed(self, given: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
        return {
            each.column: given.get(each.column, before.get(each.column, ""))
            for each in self.noun.fields
        }


def _text(value: object) -> str:
    return "" if value is None else str(value)
