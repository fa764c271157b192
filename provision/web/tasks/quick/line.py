"""Read the line that adds a task: `Write report #Website @Ana !high fri`.

`#` names a project, `@` a person, `!` a priority, each by its name or an unambiguous part of it.
A name of several words may stand in quotes. A day stands at the end. A backslash before a sign or
a day makes it ordinary text. No word is lost: what is not understood stays in the title or is an
error. This module does not ask the database: the caller passes names in.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from provision.nouns.fields import PRIORITIES
from provision.nouns.folding import fold, fold_with_places
from provision.web.format import day_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from provision.control.accounts.formats import DateFormat
    from provision.tenant.queries.options import Choices
    from provision.tenant.queries.rows import Option

# A sign at the start of a word, and what it names: in quotes, or up to the next space.
_SIGN: Final = re.compile(r'(?<!\S)([#@!])(?:"([^"]*)"|(\S+))')
_ESCAPED: Final = re.compile(r"(?<!\S)\\([#@!\\])")
_NAMES: Final = re.compile(r"(?<!\S)[#@]\S")
_MOST_NAMED: Final = 4
# Each is looked for among all names, and a text of many lines is read at every letter typed.
_MOST_SIGNS: Final = 10


# The most pressing first.
_PRIORITIES: Final = tuple(reversed(PRIORITIES))
_NOUNS: Final = {"#": "project", "@": "team member"}


@dataclass(slots=True)
class LineReading:
    """What was read from a line: title, fields, and messages about what is not understood."""

    title: str
    values: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)


class Unknown(NamedTuple):
    """A name that nobody has, which stays in the title: `token` is as it is written there."""

    token: str
    sign: str
    name: str

    @property
    def noun(self) -> str:
        return _NOUNS[self.sign]


class _Kind(NamedTuple):
    """What a sign names: the field it fills, a word for it, and the rows with folded names."""

    column: str
    noun: str
    rows: Sequence[tuple[str, Option]]


Names: TypeAlias = "Mapping[str, _Kind]"


def names_of(choices: Choices) -> Names:
    """Return the names that lines are read with; they are folded once for all lines."""
    return {
        "#": _Kind("project_id", _NOUNS["#"], _folded(choices.projects)),
        "@": _Kind("assignee_id", _NOUNS["@"], _folded(choices.members)),
    }


def asks_for_names(text: str) -> bool:
    """Tell whether the text has a `#` or `@`, so that reading it needs the names."""
    return _NAMES.search(text) is not None


def read(
    line: str, names: Names | None, today: date, order: DateFormat = "day_month"
) -> LineReading:
    """Read a line; `names` may be None if `asks_for_names` is false for it.

    `order` says which comes first in `3/4`, day or month.
    """
    found = LineReading("")
    kinds = names or {}
    folded, places = fold_with_places(line) if kinds else ("", [])
    rest, at, signs = [], 0, 0
    while match := _SIGN.search(line, at):
        if (signs := signs + 1) > _MOST_SIGNS:
            found.notes.append(f"What follows the {_MOST_SIGNS}th sign stays in the title.")
            break
        rest.append(line[at : match.start()])
        at = match.end()
        sign, named = match[1], match[2] if match[2] is not None else match[3]
        if sign == "!":
            known = _priority(named, found)
        elif kind := kinds.get(sign):
            begin = match.start() + 1
            whole = _end_of_name(folded, places, begin, kind.rows)
            # A name may begin with a quote itself.
            if match[2] is None or whole >= at:
                at = max(at, whole)
                named = line[begin:at]
            known = _named(sign, named, kind, found)
        else:
            known = False
        if not known:
            rest.append(line[match.start() : at])
    rest.append(line[at:])
    words = "".join(rest).split()
    found.title = _ESCAPED.sub(r"\1", " ".join(_without_day(words, today, order, found)))
    return found


def _priority(named: str, found: LineReading) -> bool:
    """Set the priority and tell whether one was named; `!` alone or `!!!` names none."""
    wanted = named.casefold()
    meant = [value for value in _PRIORITIES if value.startswith(wanted)] if wanted else []
    if len(meant) == 1:
        found.values["priority"] = meant[0]
    elif named.strip("!?.,"):
        found.errors.append(
            f"!{named} is no priority: there are {', '.join(f'!{each}' for each in _PRIORITIES)}."
            f" Write \\!{named} for the sign itself."
        )
    return len(meant) == 1


def _named(sign: str, named: str, kind: _Kind, found: LineReading) -> bool:
    """Set the field to the one row that `named` fits, and tell whether there is one."""
    meant = _meant(named, kind.rows)
    if len(meant) == 1:
        found.values[kind.column], found.names[kind.column] = meant[0].id, meant[0].name
        return True
    if meant:
        names = [f"{sign}{_quoted(each.name)}" for each in meant[:_MOST_NAMED]]
        more = len(meant) - len(names)
        listed = ", ".join(names) + (f" and {more} more" if more else "")
        found.errors.append(f"{sign}{named} could be {listed}. Write more of the name.")
    elif any(letter.isalpha() for letter in named):
        token = f"{sign}{_quoted(named)}"
        found.unknown.append(Unknown(token, sign, " ".join(named.split())))
        found.notes.append(f"There is no {kind.noun} like {sign}{named}: it stays in the title.")
    return False


def _meant(named: str, rows: Sequence[tuple[str, Option]]) -> list[Option]:
    """Return the rows of that name; else those that begin with it; else with a word that does."""
    wanted = fold(named)
    if not wanted:
        return []
    exact = [each for name, each in rows if name == wanted]
    if len(exact) > 1:
        # `Café` and `Cafe` are alike, but one of them is what is written.
        exact = [each for each in exact if each.name == named] or exact
    begun = [each for name, each in rows if name.startswith(wanted)]
    within = [each for name, each in rows if f" {wanted}" in name]
    return exact or begun or within


def _end_of_name(
    folded: str, places: Sequence[int], begin: int, rows: Sequence[tuple[str, Option]]
) -> int:
    """Return where in the line the longest whole name ends that stands at `begin`; 0 for none.

    `folded` and `places` are of the whole line.
    """
    start = bisect_left(places, begin)
    found = 0
    for name, _ in rows:
        end = start + len(name)
        if name and folded.startswith(name, start) and not folded[end : end + 1].strip():
            found = max(found, places[end])
    return found


def _folded(options: Sequence[Option]) -> list[tuple[str, Option]]:
    return [(fold(each.name), each) for each in options]


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


def _without_day(words: list[str], today: date, order: DateFormat, found: LineReading) -> list[str]:
    """Return the words before the day they end with; a line of a day alone is its title."""
    ending = day_words.at_end(words, today, order)
    if ending.note:
        found.notes.append(ending.note)
    if ending.escaped:
        at = len(words) - ending.escaped
        return [*words[:at], words[at][1:], *words[at + 1 :]]
    if ending.day is None:
        return words
    found.values["due_date"] = ending.day.isoformat()
    return words[: -ending.taken]
