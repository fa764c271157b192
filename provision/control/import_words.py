"""What the words of a person's spreadsheets meant: said once at an import, known at the next.

They are kept here and not in the person's database: a habit of theirs, like the formats, good for
every workspace, and few. They are words such as `Selected for Development`, never a row.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, select

from provision.control.store.tables import import_words, users

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from provision.control.store.store import ControlStore

MOST: Final = 500
"""Words of one person; of more the oldest are forgotten."""
MOST_CHARACTERS: Final = 100

Key = tuple[str, str, str]
"""Kind of row, column, word."""


def known(store: ControlStore, user_id: str) -> dict[Key, str]:
    """Return what a person's words mean."""
    with store.reading() as conn:
        return _read(conn, user_id)


def remember(store: ControlStore, user_id: str, words: Mapping[Key, str]) -> None:
    """Keep what words mean, over what they meant before; long words are not kept."""
    kept = {
        key: value
        for key, value in words.items()
        if max(map(len, (*key, value))) <= MOST_CHARACTERS
    }
    if not kept:
        return
    with store.writing() as conn:
        if conn.execute(select(users.c.id).where(users.c.id == user_id)).first() is None:
            return  # deleted meanwhile
        before = _read(conn, user_id)
        merged = {**{key: before[key] for key in before if key not in kept}, **kept}
        if merged == before:
            return
        entries = [[*key, value] for key, value in merged.items()][-MOST:]
        conn.execute(delete(import_words).where(import_words.c.user_id == user_id))
        text = json.dumps(entries, ensure_ascii=False)
        conn.execute(insert(import_words).values(user_id=user_id, words=text))


def listing(conn: Connection, user_id: str) -> list[dict[str, str]]:
    """Return the words for the file about a person."""
    return [
        {"kind": kind, "column": column, "word": word, "means": value}
        for (kind, column, word), value in _read(conn, user_id).items()
    ]


def _read(conn: Connection, user_id: str) -> dict[Key, str]:
    text: Any = conn.execute(
        select(import_words.c.words).where(import_words.c.user_id == user_id)
    ).scalar()
    if text is None:
        return {}
    return {(kind, column, word): value for kind, column, word, value in json.loads(text)}
