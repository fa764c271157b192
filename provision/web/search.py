"""Search projects, tasks, people and actions; as a page, and as the list of a dialog.

The database is asked only from two letters on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, request, url_for

from provision.nouns.folding import fold, fold_with_places
from provision.tenant.queries import search as queries
from provision.web.answer.htmx import htmx
from provision.web.answer.partials import respond
from provision.web.format import dates
from provision.web.request import workspace
from provision.web.settings.frame import frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

bp = Blueprint("search", __name__)

_FEWEST_LETTERS: Final = 2
_MOST_LETTERS: Final = 100


@dataclass(frozen=True, slots=True)
class Hit:
    """A page to go to or an action; `parts` are the title, cut where a word matches.

    `disc` is the status that its disc shows, as (noun, status). `theme` is the theme that the
    action switches to.
    """

    href: str
    parts: tuple[tuple[str, bool], ...]
    note: str = ""
    icon: str = ""
    disc: tuple[str, str | None] | None = None
    theme: str = ""


@dataclass(frozen=True, slots=True)
class HitGroup:
    key: str
    title: str
    hits: tuple[Hit, ...]


@bp.get("/search")
def page() -> Response:
    """Show what matches the words in `q`; without words, all actions."""
    words = _asked()
    found = None
    if len("".join(words)) >= _FEWEST_LETTERS:
        found = workspace.read(queries.find, words=words, today=dates.today(), shell=not htmx)
    groups = sorted(_groups(words, found), key=lambda group: not _is_meant(group, words))
    groups = [group for group in groups if group.hits]
    return respond(
        "search.html",
        "search_options",
        shell=found.shell if found else frame(),
        query=" ".join(words),
        groups=groups,
        count=sum(len(group.hits) for group in groups),
        is_alone=False,
    )


def _asked() -> tuple[str, ...]:
    """Return the words in the address, without characters that PostgreSQL cannot store."""
    text = request.args.get("q", "").encode(errors="ignore").decode().replace("\0", " ")
    return tuple(text[:_MOST_LETTERS].split()[: queries.MOST_WORDS])


def cut(text: str, words: tuple[str, ...]) -> tuple[tuple[str, bool], ...]:
    """Cut the text into parts and say of each whether it matches, ignoring case and accents."""
    plain, places = fold_with_places(text)
    hit = [False] * len(text)
    for word in map(fold, words):
        at = plain.find(word)
        while at >= 0 and word:
            # Where the last letter found is half of one, as `s` of `ß`, the whole is shown.
            start, end = places[at], _end_of(places, at + len(word) - 1)
            hit[start:end] = [True] * (end - start)
            at = plain.find(word, at + len(word))
    parts: list[tuple[str, bool]] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or hit[end] != hit[start]:
            parts.append((text[start:end], hit[start]))
            start = end
    return tuple(parts)


def _end_of(places: Sequence[int], at: int) -> int:
    return next(places[each] for each in range(at, len(places)) if places[each] > places[at])


def _is_meant(group: HitGroup, words: tuple[str, ...]) -> bool:
    """Tell whether this is the group of actions and one begins with what was typed."""
    start = fold(" ".join(words))
    titles = (fold("".join(text for text, _ in hit.parts)) for hit in group.hits)
    return (
        bool(start) and group.key == "actions" and any(title.startswith(start) for title in titles)
    )


def _groups(words: tuple[str, ...], found: queries.Found | None) -> Iterator[HitGroup]:
    if found:
        tasks = url_for("tasks.list")
        yield HitGroup(
            "tasks",
            "Tasks",
            tuple(
                Hit(
                    f"{tasks}/{row.id}",
                    cut(row.title, words),
                    note=f"#{row.project_name}" if row.project_name else "",
                    disc=("task", row.status),
                )
                for row in found.tasks
            ),
        )
        projects = url_for("projects.list")
        yield HitGroup(
            "projects",
            "Projects",
            tuple(
                Hit(f"{projects}/{row.id}", cut(row.name, words), disc=("project", row.status))
                for row in found.projects
            ),
        )
        team = url_for("team.list")
        yield HitGroup(
            "people",
            "People",
            tuple(
                Hit(f"{team}/{row.id}", cut(row.name, words), note=row.role or "", icon="user")
                for row in found.people
            ),
        )
    yield HitGroup("actions", "Actions", tuple(_actions(words)))


def _actions(words: tuple[str, ...]) -> Iterator[Hit]:
    folded = [fold(word) for word in words]
    for title, others, icon, endpoint, arguments in _ACTIONS:
        known = fold(f"{title} {others}")
        if all(word in known for word in folded):
            theme = arguments.get("theme", "")
            address: dict[str, Any] = {
                name: value for name, value in arguments.items() if name != "theme"
            }
            yield Hit(url_for(endpoint, **address), cut(title, words), icon=icon, theme=theme)


_ACTIONS: Final[tuple[tuple[str, str, str, str, dict[str, str]], ...]] = (
    ("New task", "add create", "plus", "tasks.list", {"new": "1"}),
    ("New project", "add create", "plus", "projects.list", {"new": "1"}),
    ("Add a person", "new member team create", "plus", "team.list", {"new": "1"}),
    ("Go to the dashboard", "home overview", "house", "dashboard.page", {}),
    ("Go to projects", "", "layers", "projects.list", {}),
    ("Go to the board", "tasks columns", "square-kanban", "tasks.list", {}),
    ("Go to the task list", "tasks table", "list", "tasks.list", {"view": "list"}),
    ("Go to the team", "people members", "users", "team.list", {}),
    ("Light theme", "appearance", "sun", "settings.appearance", {"theme": "light"}),
    ("Dark theme", "appearance night", "moon", "settings.appearance", {"theme": "dark"}),
    ("Theme of the system", "appearance", "monitor", "settings.appearance", {"theme": "system"}),
    ("Import and export", "csv file backup settings", "arrow-up-down", "exchange.page", {}),
    ("Profile", "settings name account", "user", "settings.page", {}),
    ("Databases", "settings connection", "database", "settings.databases", {}),
    ("Sessions", "settings browsers devices", "monitor", "settings.sessions", {}),
    ("API tokens", "settings keys", "key-round", "settings.tokens", {}),
    ("Two-factor", "settings security codes", "shield-check", "settings.two_factor", {}),
    ("Activity", "settings audit history", "clock", "settings.activity", {}),
)
