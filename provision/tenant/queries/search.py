"""Projects, tasks and people by the words in them, the best of each first: one statement.

No index helps here that every PostgreSQL has: the rows of one workspace are few enough to be read.
Case does not count, nor do accents: `statements/comparing` says how text is compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    Integer,
    Select,
    and_,
    case,
    literal_column,
    or_,
    select,
)

from provision.tenant.queries.rows import FoundPerson, FoundProject, FoundTask
from provision.tenant.queries.statements import (
    bundle,
    comparing,
    gather,
    is_open,
    own,
    project_name,
    read_shell,
    shell_part,
)
from provision.tenant.schema.tables import projects, tasks, team_members

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, Table

    from provision.tenant.queries.statements import Shell

MOST_WORDS: Final = 6
_MOST_TASKS: Final = 10
_MOST_OTHERS: Final = 5


@dataclass(frozen=True, slots=True)
class Found:
    """`shell` is what stands around a page, where it was asked for."""

    shell: Shell | None
    projects: tuple[FoundProject, ...]
    tasks: tuple[FoundTask, ...]
    people: tuple[FoundPerson, ...]


def find(
    conn: Connection, owner_id: str, *, words: tuple[str, ...], today: date, shell: bool
) -> Found:
    """Find what holds every one of `words`, of which there are at most MOST_WORDS.

    What begins with them stands before what has them at the start of a word, this before what has
    them anywhere, and that before what has them in its description only; then the latest changed.
    """
    encoding = comparing.encoding_of(conn)
    whole = " ".join(words)
    parameters = {
        "owner_id": owner_id,
        "today": today,
        "start": comparing.at_start(whole, encoding),
        "word_start": comparing.at_word_start(whole, encoding),
        **{f"word_{number}": comparing.within(word, encoding) for number, word in enumerate(words)},
    }
    parts = gather(conn, _find(len(words), shell), parameters)
    return Found(
        read_shell(parts),
        parts.rows("projects", FoundProject),
        parts.rows("tasks", FoundTask),
        parts.rows("people", FoundPerson),
    )


def _best(table: Table, count: int, name: str, *others: str) -> tuple[Any, list[Any]]:
    """Return the condition on a row and the order of those found; `name` is its title's column."""
    words = [f"word_{number}" for number in range(count)]
    title = table.c[name]
    held = and_(
        *(
            or_(
                comparing.matches(title, word),
                *(comparing.matches(table.c[other], word) for other in others),
            )
            for word in words
        )
    )
    place = case(
        (comparing.matches(title, "start"), literal_column("0", Integer)),
        (comparing.matches(title, "word_start"), literal_column("1", Integer)),
        (and_(*(comparing.matches(title, word) for word in words)), literal_column("2", Integer)),
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
