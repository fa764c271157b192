"""Compare the tables found in a database with the declared ones, and say the difference in words.

Strict where a difference would break what we write or promise (types, keys, NOT NULL), kind where
it would not (a wider number, an index of another name, columns and tables we do not know).
Defaults are not compared: what we write names every column.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provision.tenant.schema.ddl import indexes as declared_indexes
from provision.tenant.schema.fit import demands_a_value, misfits
from provision.tenant.schema.tables import LATEST, metadata, since

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, Index, Table
    from sqlalchemy.schema import SchemaItem

    from provision.tenant.schema.catalogue import Catalogue, FoundRelation

_KINDS = {
    "v": "a view",
    "m": "a materialised view",
    "f": "a foreign table",
    "p": "a partitioned table",
    "S": "a sequence",
    "i": "an index",
    "I": "an index",
    "c": "a type",
}

# Without these columns a table of our name is another program's, however empty it is.
_OUR_MARKS = {
    name: {"id", "email"} if name == "profiles" else {"id", "user_id"} & set(table.columns.keys())
    for name, table in metadata.tables.items()
}
_FOREIGN = (
    "This table belongs to another program: it has no column that all tables of this app have. "
    "Nothing is added to it."
)
_ON_DELETE = {"CASCADE": "c", "SET NULL": "n"}


@dataclass(frozen=True, slots=True)
class Problem:
    table: str
    column: str | None
    problem: str


@dataclass(slots=True)
class Lack:
    """What one table lacks; `is_empty` when it surely has no rows."""

    table: Table | None = None
    columns: list[Column[Any]] = field(default_factory=list)
    uniques: list[Column[Any]] = field(default_factory=list)
    references: list[Column[Any]] = field(default_factory=list)
    indexes: list[Index] = field(default_factory=list)
    is_empty: bool = True

    def items(self) -> Iterator[SchemaItem]:
        if self.table is not None:
            yield self.table
            yield from self.table.columns
        yield from [*self.columns, *self.uniques, *self.references, *self.indexes]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences: what is absent, what has another shape, what this role may not do."""

    lacks: dict[str, Lack]
    absences: tuple[Problem, ...]
    conflicts: tuple[Problem, ...]
    restrictions: tuple[Problem, ...]
    not_owned: frozenset[str] = frozenset()
    """The tables that are there and that this role may not alter."""

    @property
    def not_ours(self) -> list[str]:
        """Return the tables that have to be added to and belong to another role."""
        return [name for name in self.changed_tables if name in self.not_owned]

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.conflicts + self.absences + self.restrictions

    @property
    def is_complete(self) -> bool:
        return not self.absences

    @property
    def present_tables(self) -> list[str]:
        return [name for name, lack in self.lacks.items() if lack.table is None]

    @property
    def changed_tables(self) -> list[str]:
        """Return the tables that are there and have to be added to."""
        return [
            name for name in self.present_tables if next(self.lacks[name].items(), None) is not None
        ]

    @property
    def version(self) -> int | None:
        """Return the latest version of which nothing is absent or of another shape."""
        if self.conflicts:
            return None
        oldest_lack = min((since(item) for item in self._absent()), default=LATEST + 1)
        return oldest_lack - 1 or None

    def is_exactly(self, version: int) -> bool:
        """Tell whether nothing of any later version is there."""
        absent = set(self._absent())
        later = (item for item in _declared() if since(item) > version)
        return all(item in absent for item in later)

    def _absent(self) -> Iterator[SchemaItem]:
        for lack in self.lacks.values():
            yield from lack.items()


def compare(found: Catalogue) -> Comparison:
    relations = {relation.name: relation for relation in found.relations}
    lacks: dict[str, Lack] = {}
    notes = _Notes()
    for table in metadata.tables.values():
        lacks[table.name] = lack = Lack()
        relation = relations.get(table.name)
        if relation is None:
            lack.table, lack.indexes = table, declared_indexes(table)
            notes.absent(table.name, None, "The table is missing.")
        elif relation.kind != "r":
            kind = _KINDS.get(relation.kind, "something else")
            notes.conflict(table.name, None, f"This is {kind}, not a table.")
        else:
            if not _OUR_MARKS[table.name] <= {column.name for column in relation.columns}:
                notes.conflict(table.name, None, _FOREIGN)
            _compare_table(table, relation, lack, notes)
            notes.restrictions += _restrictions(relation, found.role)
        for index in lack.indexes:
            for taken in found.index_names:
                if taken.name == index.name:
                    where = f"there already, on {taken.table}" if taken.table else "taken already"
                    notes.conflict(
                        table.name, None, f"The name of the index {index.name} is {where}."
                    )
    return Comparison(
        lacks,
        tuple(notes.absences),
        tuple(notes.conflicts),
        tuple(notes.restrictions),
        frozenset(each.name for each in found.relations if not each.is_owned),
    )


@dataclass(slots=True)
class _Notes:
    """The problems as they are come upon; names of declared tables and columns become plain text.

    SQLAlchemy's own kind of string is refused by the JSON encoder.
    """

    absences: list[Problem] = field(default_factory=list)
    conflicts: list[Problem] = field(default_factory=list)
    restrictions: list[Problem] = field(default_factory=list)

    def absent(self, table: str, column: str | None, problem: str) -> None:
        self.absences.append(_problem(table, column, problem))

    def conflict(self, table: str, column: str | None, problem: str) -> None:
        self.conflicts.append(_problem(table, column, problem))


def _problem(table: str, column: str | None, problem: str) -> Problem:
    return Problem(str(table), None if column is None else str(column), problem)


def _compare_table(table: Table, relation: FoundRelation, lack: Lack, notes: _Notes) -> None:
    lack.is_empty = relation.is_empty
    extras = {column.name: column for column in relation.columns}
    for column in table.columns:
        found = extras.pop(column.name, None)
        if found is None:
            _note_missing_column(column, lack, notes)
            continue
        for problem in misfits(column, found):
            notes.conflict(table.name, column.name, problem)
        _compare_keys(column, relation, lack, notes)
    for extra in extras.values():
        if demands_a_value(extra):
            notes.conflict(
                table.name,
                extra.name,
                "This column is not ours and demands a value (NOT NULL without a default), "
                "which we would not give.",
            )
    for index in declared_indexes(table):
        wanted = tuple(each.name for each in index.columns)
        if not any(
            each.is_usable and each.columns[: len(wanted)] == wanted for each in relation.indexes
        ):
            lack.indexes.append(index)
            notes.absent(table.name, None, f"The index {index.name} is missing.")


def _note_missing_column(column: Column[Any], lack: Lack, notes: _Notes) -> None:
    table = column.table.name
    if column.primary_key:
        notes.conflict(table, column.name, "The primary key is missing.")
    elif column.nullable or column.server_default is not None or lack.is_empty:
        lack.columns.append(column)
        notes.absent(table, column.name, "The column is missing.")
    else:
        notes.conflict(
            table,
            column.name,
            "The column is missing, and rows that are already there would need a value in it.",
        )


def _compare_keys(column: Column[Any], relation: FoundRelation, lack: Lack, notes: _Notes) -> None:
    table, name = relation.name, column.name
    alone = [key for key in relation.keys if key.columns == (name,)]
    if column.primary_key and not any(key.kind == "p" for key in alone):
        notes.conflict(table, name, "It has to be the primary key.")
    if column.unique and not any(key.kind in "pu" for key in alone):
        lack.uniques.append(column)
        notes.absent(table, name, "It is not unique.")
    for wanted in column.foreign_keys:
        target, target_column = wanted.column.table.name, wanted.column.name
        found = [key for key in alone if key.kind == "f"]
        if not found:
            lack.references.append(column)
            notes.absent(table, name, f"Its foreign key to {target} is missing.")
        elif not any(
            key.target == target
            and key.target_columns == (target_column,)
            and key.on_delete == _ON_DELETE[str(wanted.ondelete)]
            for key in found
        ):
            notes.conflict(
                table,
                name,
                f"Its foreign key has to be to {target} ({target_column}) "
                f"ON DELETE {wanted.ondelete}.",
            )


def _restrictions(relation: FoundRelation, role: str) -> Iterator[Problem]:
    if relation.rights_missing:
        rights = ", ".join(relation.rights_missing)
        yield Problem(
            relation.name,
            None,
            f"The role {role} lacks rights on it. Its owner can run: "
            f"GRANT {rights} ON {relation.name} TO {role};",
        )
    if relation.hides_rows:
        yield Problem(
            relation.name,
            None,
            f"Row security may hide rows from the role {role} or refuse its writes. "
            f"Connect as the owner of the table, or add a policy for {role}.",
        )


def _declared() -> Iterator[SchemaItem]:
    for table in metadata.tables.values():
        yield table
        yield from table.columns
        yield from table.indexes
