"""Projects, tasks and people by the words in them, the best of each first: one statement.

No index helps here that every PostgreSQL has: the rows of one workspace are few enough to be read.
Case does not count, nor do accents: each letter of Europe's alphabets is as its plain one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    Integer,
    Select,
    Text,
    and_,
    bindparam,
    case,
    literal_column,
    or_,
    select,
)
from sqlalchemy.exc import DataError

from provision.tenant.queries.rows import FoundPerson, FoundProject, FoundTask
from provision.tenant.queries.statements import (
    bundle,
    gather,
    is_open,
    own,
    project_name,
    read_shell,
    shell_part,
)
from provision.tenant.schema.tables import projects, tasks, team_members

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import ColumnElement, Connection, Table

    from provision.tenant.queries.statements import Shell

MOST_WORDS: Final = 6
_MOST_TASKS: Final = 10
_MOST_OTHERS: Final = 5
_LATIN: Final = range(0xC0, 0x180)
# Letters that are no plain letter with something added, as Unicode has it.
_ALIKE: Final = {
    "ø": "o",
    "Ø": "o",
    "ł": "l",
    "Ł": "l",
    "đ": "d",
    "Đ": "d",
    "\u0131": "i",
    "ħ": "h",
}


# A backslash makes these mean themselves in a regular expression; before a letter it would not.
_IS_SIGN: Final = re.compile(r"[!-/:-@\[-`{-~]").fullmatch


@dataclass(frozen=True, slots=True)
class Found:
    """`shell` is what stands around a page, where it was asked for."""

    shell: Shell | None
    projects: tuple[FoundProject, ...]
    tasks: tuple[FoundTask, ...]
    people: tuple[FoundPerson, ...]


def _plain_letters() -> dict[str, str]:
    found = dict(_ALIKE)
    for letter in map(chr, _LATIN):
        plain = unicodedata.normalize("NFD", letter)[0].lower()
        if plain.isascii() and plain.isalpha():
            found[letter] = plain
    return found


_PLAIN: Final = _plain_letters()
_ALL_LETTERS: Final = {
    plain: "".join(letter for letter, same in _PLAIN.items() if same == plain)
    for plain in set(_PLAIN.values())
}
_IN_NO_TEXT: Final = "\x01\x01"


def fold(text: str) -> str:
    """Return the text as it is compared, letter for letter."""
    return "".join(_fold_letter(letter) for letter in text)


def _fold_letter(letter: str) -> str:
    small = letter.lower()
    return _PLAIN.get(letter) or (small if len(small) == 1 else letter)


def find(
    conn: Connection, owner_id: str, *, words: tuple[str, ...], today: date, shell: bool
) -> Found:
    """Find what holds every one of `words`, of which there are at most MOST_WORDS.

    What begins with them stands before what has them at the start of a word, this before what has
    them anywhere, and that before what has them in its description only; then the latest changed.
    """
    statement = _find(len(words), shell)
    around = {"owner_id": owner_id, "today": today}
    try:
        parts = gather(conn, statement, around | _patterns(words, _ALL_LETTERS))
    except DataError:
        # Some of the letters do not exist in the encoding of this database: without them, then.
        plain = tuple(word if word.isascii() else _IN_NO_TEXT for word in words)
        parts = gather(conn, statement, around | _patterns(plain, {}))
    return Found(
        read_shell(parts),
        parts.rows("projects", FoundProject),
        parts.rows("tasks", FoundTask),
        parts.rows("people", FoundPerson),
    )


def _patterns(words: tuple[str, ...], letters: Mapping[str, str]) -> dict[str, str]:
    patterns = [_pattern(word, letters) for word in words]
    whole = _pattern(" ".join(words), letters)
    return {
        "start": f"^{whole}",
        "word_start": rf"\m{whole}",
        **{f"word_{number}": each for number, each in enumerate(patterns)},
    }


def _pattern(text: str, letters: Mapping[str, str]) -> str:
    """Write a regular expression of PostgreSQL that matches the text and no other words.

    It names every form of each letter: this is several times as fast as to fold the columns.
    """
    parts = []
    for letter in fold(text):
        large = letter.upper()
        alike = letters.get(letter, "") + letter + (large if len(large) == 1 else "")
        escaped = f"\\{letter}" if _IS_SIGN(letter) else letter
        parts.append(f"[{alike}]" if letter.isalpha() else escaped)
    return "".join(parts)


def _matches(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    return column.op("~", is_comparison=True)(bindparam(parameter, type_=Text))


def _best(table: Table, count: int, name: str, *others: str) -> tuple[Any, list[Any]]:
    """Return the condition on a row and the order of those found; `name` is its title's column."""
    words = [f"word_{number}" for number in range(count)]
    title = table.c[name]
    held = and_(
        *(
            or_(_matches(title, word), *(_matches(table.c[other], word) for other in others))
            for word in words
        )
    )
    place = case(
        (_matches(title, "start"), literal_column("0", Integer)),
        (_matches(title, "word_start"), literal_column("1", Integer)),
        (and_(*(_matches(title, word) for word in words)), literal_column("2", Integer)),
        else_=literal_column("3", Integer),
    )
    changed = table.c.updated_at if "updated_at" in table.c else table.c.created_at
    return held, [place, changed.desc().nulls_last(), table.c.id]


@lru_cache
def _find(count: int, shell: bool) -> Select[Any]:
    in_project, projects_order = _best(projects, count, "name", "description")
    in_task, tasks_order = _best(tasks, count, "title", "description")
    in_person, people_order = _best(team_members, count, "name", "email", "role")
    # What is done stands behind what is not, where both hold the words as well.
    tasks_order.insert(1, is_open(tasks).desc())
    best = select(tasks).where(own(tasks), in_task).order_by(*tasks_order).limit(_MOST_TASKS)
    task = best.subquery("best")
    return bundle(
        projects=select(projects.c.id, projects.c.name, projects.c.status)
        .where(own(projects), in_project)
        .order_by(*projects_order)
        .limit(_MOST_OTHERS),
        # Named only once they are chosen.
        tasks=select(task.c.id, task.c.title, task.c.status, task.c.due_date, project_name(task)),
        people=select(team_members.c.id, team_members.c.name, team_members.c.role)
        .where(own(team_members), in_person)
        .order_by(*people_order)
        .limit(_MOST_OTHERS),
        **shell_part(shell),
    )
