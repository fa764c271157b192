"""The SQL that makes our tables, compiled from `tables` into text a person can read and run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateColumn, CreateIndex

from provision.tenant.schema.tables import since

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column, ForeignKey, Index, Table

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def create_table(table: Table, version: int) -> str:
    """Write the table as it was at `version`, keys included, indexes not."""
    columns = [column_clause(column) for column in table.columns if since(column) <= version]
    return f"CREATE TABLE {table.name} (\n  " + ",\n  ".join(columns) + "\n)"


def column_clause(column: Column[Any]) -> str:
    """Write name, type, default and keys of one column; PostgreSQL names the keys."""
    clause = str(CreateColumn(column).compile(dialect=_DIALECT))
    if column.primary_key:
        clause = clause.removesuffix(" NOT NULL") + " PRIMARY KEY"
    if column.unique:
        clause += " UNIQUE"
    for key in column.foreign_keys:
        clause += " " + references(key)
    return clause


def references(key: ForeignKey) -> str:
    return f"REFERENCES {key.column.table.name} ({key.column.name}) ON DELETE {key.ondelete}"


def add_columns(table: Table, columns: Sequence[Column[Any]]) -> str:
    clauses = [f"ADD COLUMN {column_clause(column)}" for column in columns]
    return f"ALTER TABLE {table.name}\n  " + ",\n  ".join(clauses)


def add_reference(column: Column[Any], key: ForeignKey, *, trusting: bool) -> str:
    """Restore a foreign key; `trusting` leaves the rows already there unchecked."""
    return (
        f"ALTER TABLE {column.table.name}\n"
        f"  ADD FOREIGN KEY ({column.name}) {references(key)}{' NOT VALID' if trusting else ''}"
    )


def add_unique(column: Column[Any]) -> str:
    return f"ALTER TABLE {column.table.name}\n  ADD UNIQUE ({column.name})"


def type_name(column: Column[Any]) -> str:
    """Return the type as PostgreSQL calls it, in small letters."""
    return column.type.compile(dialect=_DIALECT).lower()


def create_index(index: Index) -> str:
    return str(CreateIndex(index).compile(dialect=_DIALECT))


def indexes(table: Table) -> list[Index]:
    """List the indexes in a lasting order: SQLAlchemy keeps them in a set."""
    return sorted(table.indexes, key=lambda index: str(index.name))


def script(statements: Sequence[str]) -> str:
    """Join statements into one transaction to copy; empty when there is nothing to do."""
    if not statements:
        return ""
    return ";\n\n".join(["BEGIN", *statements, "COMMIT"]) + ";\n"
