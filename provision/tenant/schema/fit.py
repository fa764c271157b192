"""Does a column that was found do for the one that is declared: type, NULL, generated or not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import Numeric

from provision.tenant.schema.ddl import type_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column

    from provision.tenant.schema.catalogue import FoundColumn

# What we write is the same in all of these. A `numeric` needs two decimals and eight digits
# before them, which `_is_same_type` sees to.
_SAME_TYPES = {
    "UUID": re.compile(r"uuid"),
    "TEXT": re.compile(r"text|character varying"),
    "JSONB": re.compile(r"jsonb"),
    "DATE": re.compile(r"date"),
    "INTEGER": re.compile(r"smallint|integer|bigint"),
    "TIMESTAMP": re.compile(r"timestamp(\(\d\))? without time zone"),
    "NUMERIC": re.compile(r"numeric(\((?P<precision>\d+),(?P<scale>-?\d+)\))?"),
}

# The app always writes a value into these: other programs may insist on one.
_ALWAYS_WRITTEN = frozenset({"status", "priority", "created_at", "updated_at"})


def misfits(column: Column[Any], found: FoundColumn) -> Iterator[str]:
    """Say in plain words what is wrong with the column found; nothing when it will do."""
    if not _is_same_type(column, found.type):
        yield f"It is {found.type}; it has to be {type_name(column)}."
    if found.is_generated:
        yield "PostgreSQL generates its values; it has to be an ordinary column."
    if not column.nullable and not found.not_null:
        yield "It may be NULL; it has to be NOT NULL."
    if column.nullable and found.not_null and column.name not in _ALWAYS_WRITTEN:
        yield "It is NOT NULL; it has to allow NULL."


def demands_a_value(extra: FoundColumn) -> bool:
    """Tell whether a column we do not know would refuse every row we write."""
    return extra.not_null and not extra.has_default and not extra.is_generated


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
