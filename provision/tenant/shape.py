"""Compare the tables found in a database with the declared ones, and say the difference in words.

Strict where a difference would break what we write or promise (types, keys, NOT NULL), kind where
it would not (a wider number, an index of another name, columns and tables we do not know).
Defaults are not compared: what we write names every column.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import Numeric

from provision.tenant.ddl import indexes as declared_indexes
from provision.tenant.ddl import type_name
from provision.tenant.tables import LATEST, metadata, since

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, Index, Table
    from sqlalchemy.schema import SchemaItem

    from provision.tenant.catalogue import Catalogue, FoundColumn, FoundRelation

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

_ON_DELETE = {"CASCADE": "c", "SET NULL": "n"}

# What we write is the same in all of these. A `numeric` needs two decimals and eight digits
# before them, which `_is_same_type` sees to.
_SAME_TYPES = {
    "UUID": re.compile(r"uuid"),
    "TEXT": re.compile(r"text|character varying"),
    "DATE": re.compile(r"date"),
    "INTEGER": re.compile(r"smallint|integer|bigint"),
    "TIMESTAMP": re.compile(r"timestamp(\(\d\))? without time zone"),
    "NUMERIC": re.compile(r"numeric(\((?P<precision>\d+),(?P<scale>-?\d+)\))?"),
}

# The app always writes a value into these: other programs may insist on one.
_ALWAYS_WRITTEN = frozenset({"status", "priority", "created_at", "updated_at"})


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
        """Tables that are there and have to be added to."""
        return [
            name for name in self.present_tables if next(self.lacks[name].items(), None) is not None
        ]

    @property
    def version(self) -> int | None:
        """The latest version of which nothing is absent or of another shape."""
        if self.conflicts:
            return None
        oldest_lack = min((since(item) for item in self._absent()), default=LATEST + 1)
        return oldest_lack - 1 or None

    def is_exactly(self, version: int) -> bool:
        """Whether nothing of any later version is there."""
        absent = set(self._absent())
        later = (item for item in _declared() if since(item) > version)
        return all(item in absent for item in later)

    def _absent(self) -> Iterator[SchemaItem]:
        for lack in self.lacks.values():
            yield from lack.items()


def compare(found: Catalogue) -> Comparison:
    relations = {relation.name: relation for relation in found.relations}
    lacks: dict[str, Lack] = {}
    absences: list[Problem] = []
    conflicts: list[Problem] = []
    restrictions: list[Problem] = []
    for table in metadata.tables.values():
        lacks[table.name] = lack = Lack()
        relation = relations.get(table.name)
        if relation is None:
            lack.table, lack.indexes = table, declared_indexes(table)
            absences.append(Problem(table.name, None, "The table is missing."))
        elif relation.kind != "r":
            kind = _KINDS.get(relation.kind, "something else")
            conflicts.append(Problem(table.name, None, f"This is {kind}, not a table."))
            continue
        else:
            _compare_table(table, relation, lack, absences, conflicts)
            restrictions += _restrictions(relation, found.role)
        for index in lack.indexes:
            on = [name.table for name in found.index_names if name.name == index.name]
            if on:
                where = f"already there, on {on[0]}" if on[0] else "already taken by something else"
                conflicts.append(
                    Problem(table.name, None, f"The name of the index {index.name} is {where}.")
                )
    return Comparison(lacks, tuple(absences), tuple(conflicts), tuple(restrictions))


def _compare_table(
    table: Table,
    relation: FoundRelation,
    lack: Lack,
    absences: list[Problem],
    conflicts: list[Problem],
) -> None:
    lack.is_empty = relation.is_empty
    columns = {column.name: column for column in relation.columns}
    for column in table.columns:
        found = columns.pop(column.name, None)
        if found is None:
            if column.primary_key:
                conflicts.append(Problem(table.name, column.name, "The primary key is missing."))
            elif column.nullable or relation.is_empty:
                lack.columns.append(column)
                absences.append(Problem(table.name, column.name, "The column is missing."))
            else:
                conflicts.append(
                    Problem(
                        table.name,
                        column.name,
                        "The column is missing, and rows that are already there would need a "
                        "value in it.",
                    )
                )
            continue
        conflicts += [
            Problem(table.name, column.name, problem) for problem in _misfits(column, found)
        ]
        _compare_keys(column, relation, lack, absences, conflicts)
    for extra in columns.values():
        if extra.not_null and not extra.has_default and not extra.is_generated:
            conflicts.append(
                Problem(
                    table.name,
                    extra.name,
                    "This column is not ours and demands a value (NOT NULL without a default), "
                    "which we would not give.",
                )
            )
    for index in declared_indexes(table):
        (wanted,) = index.columns
        if any(each.is_usable and each.leading == wanted.name for each in relation.indexes):
            continue
        if wanted in lack.columns or wanted.name in {column.name for column in relation.columns}:
            lack.indexes.append(index)
            absences.append(Problem(table.name, None, f"The index {index.name} is missing."))


def _misfits(column: Column[Any], found: FoundColumn) -> Iterator[str]:
    if not _is_same_type(column, found.type):
        yield f"It is {found.type}; it has to be {type_name(column)}."
    if found.is_generated:
        yield "PostgreSQL generates its values; it has to be an ordinary column."
    if not column.nullable and not found.not_null:
        yield "It may be NULL; it has to be NOT NULL."
    if column.nullable and found.not_null and column.name not in _ALWAYS_WRITTEN:
        yield "It is NOT NULL; it has to allow NULL."


def _compare_keys(
    column: Column[Any],
    relation: FoundRelation,
    lack: Lack,
    absences: list[Problem],
    conflicts: list[Problem],
) -> None:
    table, name = relation.name, column.name
    alone = [key for key in relation.keys if key.columns == (name,)]
    if column.primary_key and not any(key.kind == "p" for key in alone):
        conflicts.append(Problem(table, name, "It has to be the primary key."))
    if column.unique and not any(key.kind in "pu" for key in alone):
        lack.uniques.append(column)
        absences.append(Problem(table, name, "It is not unique."))
    for wanted in column.foreign_keys:
        target, target_column = wanted.column.table.name, wanted.column.name
        found = [key for key in alone if key.kind == "f"]
        if not found:
            lack.references.append(column)
            absences.append(Problem(table, name, f"Its foreign key to {target} is missing."))
        elif not any(
            key.target == target
            and key.target_columns == (target_column,)
            and key.on_delete == _ON_DELETE[str(wanted.ondelete)]
            for key in found
        ):
            conflicts.append(
                Problem(
                    table,
                    name,
                    f"Its foreign key has to be to {target} ({target_column}) "
                    f"ON DELETE {wanted.ondelete}.",
                )
            )


def _is_same_type(column: Column[Any], found: str) -> bool:
    match = _SAME_TYPES[str(column.type.__visit_name__).upper()].fullmatch(found)
    if match is None:
        return False
    bounds = match.groupdict()
    if bounds.get("precision") is None:
        return True
    if not isinstance(column.type, Numeric) or column.type.precision is None:
        return False
    precision, scale = int(bounds["precision"]), int(bounds["scale"])
    whole_digits = column.type.precision - (column.type.scale or 0)
    return scale >= (column.type.scale or 0) and precision - scale >= whole_digits


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
