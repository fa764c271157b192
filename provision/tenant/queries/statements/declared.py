"""Where the rows of a noun live, and how they are shaped, sorted and narrowed: declared once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement, FromClause, Select, Table

    from provision.errors import NotFoundError
    from provision.nouns.noun import Noun
    from provision.tenant.queries.statements.filters import Filters

CardT = TypeVar("CardT")
LineT = TypeVar("LineT")


@dataclass(frozen=True, eq=False, kw_only=True)
class Declared(Generic[CardT, LineT]):
    """A noun and its table.

    `row`, `card` and `line` shape a row found (all columns and `version`): for JSON, for an answer
    to a write, for a list.
    """

    noun: Noun
    table: Table
    not_found: type[NotFoundError]
    filters: type[Filters]
    sorts: Mapping[str, ColumnElement[Any]]
    row: Callable[[FromClause], Select[Any]]
    card: Callable[[FromClause], Select[Any]]
    line: Callable[[FromClause], Select[Any]]
    card_type: type[CardT]
    line_type: type[LineT]
    references: Mapping[str, Table] = field(default_factory=dict)
    """The table each foreign id must be found in, among the owner's rows."""
    unknown: Mapping[str, str] = field(default_factory=dict)
    """What to say of an id that is not found there."""
    beside: Mapping[str, Any] = field(default_factory=dict)
    """What the app writes besides the noun's fields, and what it is in a new row."""

    @property
    def defaults(self) -> Mapping[str, Any]:
        """Return all that may be written, and what it is where a new row does not say."""
        return {**self.noun.defaults, **self.beside}
