"""The rows of one noun: the calls every noun has, over one declaration of where its rows live.

Each call is one statement. Rows come as JSON that PostgreSQL built: as the table holds them for the
JSON API, or as the noun's card where the day is given that the card is to be read on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Generic

from msgspec import Raw

from provision.tenant.connection.decoding import Texts, decode
from provision.tenant.queries.statements import paging, writing
from provision.tenant.queries.statements.bundles import bundle, gather
from provision.tenant.queries.statements.declared import CardT, Declared, LineT
from provision.tenant.queries.statements.paging import JsonPage, Keyed, Place
from provision.tenant.queries.statements.shell import read_shell, shell_part
from provision.tenant.queries.statements.writing import Aim

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import Connection, Select

    from provision.tenant.queries.statements.filters import Filters
    from provision.tenant.queries.statements.shell import Shell
    from provision.tenant.queries.statements.undo_notes import Note


@dataclass(frozen=True, slots=True)
class ListPage(Generic[LineT]):
    """A page of a list; `shell` is what stands around it where it was asked for."""

    shell: Shell | None
    rows: tuple[LineT, ...]
    next_cursor: str | None


class Collection(Declared[CardT, LineT]):
    """A noun's rows, to be read and written."""

    def page(
        self,
        conn: Connection,
        owner_id: str,
        *,
        filters: Filters | None = None,
        sort: str = "-created_at",
        limit: int = 50,
        cursor: str | None = None,
    ) -> JsonPage:
        """Return rows as the JSON API sends them."""
        place = Place(self, sort, filters or self.filters(), limit, cursor)
        return paging.json_page(conn, place, owner_id)

    def list_page(
        self,
        conn: Connection,
        owner_id: str,
        *,
        today: date,
        shell: bool,
        filters: Filters | None = None,
        sort: str = "-created_at",
        limit: int = 50,
        cursor: str | None = None,
    ) -> ListPage[LineT]:
        """Return rows as a page lists them, at most `MOST_PRINTED`."""
        place = Place(self, sort, filters or self.filters(), limit, cursor, paging.MOST_PRINTED)
        statement = _list_page(place.lines(), shell)
        parameters = place.parameters(conn, owner_id) | {"today": today}
        texts = paging.fetch(place, lambda: gather(conn, statement, parameters))
        return ListPage(read_shell(texts), *self.cut(place, texts["rows"]))

    def cut(self, place: Place, text: str) -> tuple[tuple[LineT, ...], str | None]:
        """Return the rows of a page out of what was found, and where the next page starts."""
        # The type is known only here, at run time.
        kind: Any = GenericAlias(tuple, (GenericAlias(Keyed, (self.line_type,)), ...))
        return place.cut(decode(text, kind))

    def cut_texts(self, place: Place, text: str) -> tuple[Texts[LineT], str | None]:
        """Return the same without decoding the rows."""
        shown, following = place.cut(decode(text, tuple[Keyed[Raw], ...]))
        return Texts([bytes(each) for each in shown], self.line_type), following

    def get(
        self, conn: Connection, owner_id: str, *, row_id: str, today: date | None = None
    ) -> str:
        """Return one row. Raise the noun's NotFoundError, as `update` and `delete` do."""
        return writing.get(self, conn, Aim(owner_id, row_id, today=today))

    def create(
        self,
        conn: Connection,
        owner_id: str,
        *,
        values: Mapping[str, Any],
        today: date | None = None,
        row_id: str | None = None,
    ) -> str:
        """Create a row, under `row_id` where that is given, and return it.

        Raises ValidationError for a reference that is not found, RowRefusedError for an id that is
        there already.
        """
        return writing.create(self, conn, Aim(owner_id, row_id or "", today=today), values)

    def update(
        self,
        conn: Connection,
        owner_id: str,
        *,
        row_id: str,
        values: Mapping[str, Any],
        version: str | None = None,
        today: date | None = None,
        note: Note | None = None,
    ) -> str:
        """Change a row and return it as it is then; `note` asks for an undo note.

        Raises StaleVersionError, with the row as it is, when it is not of `version` any more, and
        ValidationError as `create` does. What becomes done is dated; what is not done has no date.
        """
        return writing.change(self, conn, Aim(owner_id, row_id, version, today), values, note)

    def delete(
        self,
        conn: Connection,
        owner_id: str,
        *,
        row_id: str,
        version: str | None = None,
        note: Note | None = None,
    ) -> str:
        """Delete a row and return its name. Raise StaleVersionError as `update` does.

        The tasks of a project go with it; those of a team member stay, assigned to nobody.
        """
        return writing.remove(self, conn, Aim(owner_id, row_id, version), note)


@lru_cache(maxsize=256)
def _list_page(rows: Select[Any], shell: bool) -> Select[Any]:
    return bundle(rows=rows, **shell_part(shell))
