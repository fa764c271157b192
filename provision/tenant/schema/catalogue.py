"""What stands in a person's database under the names of our tables, read in one round trip.

Read from `pg_catalog`, which every role may read, so that it also works for a role that has no
rights on the tables themselves. A name means what it would mean in a query: the first relation of
that name on the search path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import text

from provision.tenant.connection.decoding import decode
from provision.tenant.schema.tables import metadata

if TYPE_CHECKING:
    from sqlalchemy import Connection


class FoundColumn(Struct, frozen=True):
    name: str
    type: str
    """As `format_type` writes it, with length or precision."""
    not_null: bool
    has_default: bool
    is_generated: bool
    """Never takes a value from an INSERT."""


class FoundKey(Struct, frozen=True):
    kind: str
    """`p`rimary, `u`nique or `f`oreign."""
    columns: tuple[str, ...]
    target: str | None
    target_columns: tuple[str, ...]
    on_delete: str
    """PostgreSQL's letter: `a`, `r`, `c`, `n` or `d`; a blank unless foreign."""


class FoundIndex(Struct, frozen=True):
    name: str
    columns: tuple[str | None, ...]
    """What it is sorted by, in order; None for an expression."""
    is_usable: bool
    """A valid B-tree over all rows."""


class FoundRelation(Struct, frozen=True):
    name: str
    kind: str
    """`relkind`: `r` for an ordinary table."""
    is_empty: bool
    """Surely without rows; a table that once had some may hold none and yet not be sure."""
    rights_missing: tuple[str, ...]
    hides_rows: bool
    """Row security applies to this role."""
    is_owned: bool
    """Whether this role may alter it."""
    columns: tuple[FoundColumn, ...]
    keys: tuple[FoundKey, ...]
    indexes: tuple[FoundIndex, ...]


class FoundName(Struct, frozen=True):
    """A relation that bears the name of one of our indexes, and the table it is on, if any."""

    name: str
    table: str | None


class Catalogue(Struct, frozen=True):
    role: str
    """Who is asking, quoted as an identifier."""
    relations: tuple[FoundRelation, ...]
    index_names: tuple[FoundName, ...]


_TABLES = list(metadata.tables)
_INDEXES = [str(index.name) for table in metadata.tables.values() for index in table.indexes]

_CATALOGUE = text("""
SELECT json_build_object(
  'role', quote_ident(current_user),
  'relations', (
    SELECT coalesce(json_agg(json_build_object(
      'name', c.relname,
      'kind', c.relkind,
      'is_empty', c.relkind = 'r' AND pg_relation_size(c.oid) = 0,
      'rights_missing', (
        SELECT coalesce(json_agg(r.name ORDER BY r.place), '[]')
        FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE'])
          WITH ORDINALITY AS r (name, place)
        WHERE c.relkind = 'r' AND NOT has_table_privilege(c.oid, r.name)),
      'is_owned', pg_has_role(c.relowner, 'USAGE'),
      'hides_rows', c.relkind = 'r' AND row_security_active(c.oid),
      'columns', (
        SELECT coalesce(json_agg(json_build_object(
          'name', a.attname,
          'type', format_type(a.atttypid, a.atttypmod),
          'not_null', a.attnotnull,
          'has_default', a.atthasdef OR a.attidentity <> '',
          'is_generated', a.attgenerated <> '' OR a.attidentity = 'a') ORDER BY a.attnum), '[]')
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
      'keys', (
        SELECT coalesce(json_agg(json_build_object(
          'kind', k.contype,
          'columns', (
            SELECT coalesce(json_agg(a.attname ORDER BY n.place), '[]')
            FROM unnest(k.conkey) WITH ORDINALITY AS n (attnum, place)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.attnum),
          'target', (
            SELECT t.relname FROM pg_catalog.pg_class t
            WHERE t.oid = k.confrelid AND pg_table_is_visible(t.oid)),
          'target_columns', (
            SELECT coalesce(json_agg(a.attname ORDER BY n.place), '[]')
            FROM unnest(k.confkey) WITH ORDINALITY AS n (attnum, place)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = n.attnum),
          'on_delete', k.confdeltype)), '[]')
        FROM pg_catalog.pg_constraint k
        WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f')),
      'indexes', (
        SELECT coalesce(json_agg(json_build_object(
          'name', x.relname,
          'columns', (
            SELECT coalesce(json_agg(a.attname ORDER BY n.place), '[]')
            FROM unnest(CAST(i.indkey AS int2[])) WITH ORDINALITY AS n (attnum, place)
            LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = n.attnum
            WHERE n.place <= i.indnkeyatts),
          'is_usable', i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree')), '[]')
        FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
        JOIN pg_catalog.pg_am m ON m.oid = x.relam
        WHERE i.indrelid = c.oid)
    )), '[]')
    FROM pg_catalog.pg_class c
    WHERE c.relname = ANY(CAST(:tables AS text[])) AND pg_table_is_visible(c.oid)),
  'index_names', (
    SELECT coalesce(json_agg(json_build_object('name', c.relname, 'table', t.relname)), '[]')
    FROM pg_catalog.pg_class c
    LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
    LEFT JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
    WHERE c.relname = ANY(CAST(:indexes AS text[])) AND pg_table_is_visible(c.oid))
)::text
""").bindparams(tables=_TABLES, indexes=_INDEXES)


def read(conn: Connection) -> Catalogue:
    return decode(conn.execute(_CATALOGUE).scalar(), Catalogue)
