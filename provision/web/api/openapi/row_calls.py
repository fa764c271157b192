"""The five calls of each noun, made from its declaration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from provision.nouns.fields import Choice
from provision.tenant.queries.statements.paging import MAX_CURSOR_LENGTH
from provision.web.api.openapi import fields, problems
from provision.web.api.openapi.call import Call, Good
from provision.web.api.openapi.headers import parameter, query
from provision.web.api.openapi.resources import (
    DEFAULT_LIMIT,
    LONGEST_WORDS,
    MOST_ROWS,
    RESOURCES,
)
from provision.web.api.openapi.row_shapes import choice_of, reference, title_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.nouns.noun import Noun
    from provision.web.api.openapi.resources import Resource

TAGS: Final = {
    "projects": ("Projects", "What the work is for, with money and a day it is due."),
    "tasks": ("Tasks", "What is to be done, in a project or in none, by somebody or nobody."),
    "team": ("Team", "Who does the work."),
}
_FILTER_WORDS: Final = {
    "q": "Rows that hold this text; case and accents do not count.",
    "due_before": "Rows due before this day, which is not included.",
    "due_after": "Rows due after this day, which is not included.",
    "project_id": "Tasks of this project.",
    "assignee_id": "Tasks of this member of the team.",
}
_DELETED: Final = {
    "project": "Its tasks are deleted, too.",
    "team_member": "The tasks of this person stay, assigned to nobody.",
}
_LIMIT: Final = query(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
    f"Rows of a page; {DEFAULT_LIMIT} where it is not said.",
)
_CURSOR: Final = query(
    "cursor",
    {
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_CURSOR_LENGTH,
        "pattern": "^[A-Za-z0-9_-]+$",
    },
    "The `next_cursor` of the page before, with the same filters and order.",
)


def calls() -> Iterator[Call]:
    """Return the calls of all nouns."""
    for resource in RESOURCES:
        noun = _Noun(resource)
        yield from (noun.list(), noun.create(), noun.get(), noun.update(), noun.delete())


def stale() -> list[problems.Problem]:
    """Return the 412 of each noun."""
    return [problems.stale(title_of(each.of.noun)) for each in RESOURCES]


@dataclass(frozen=True, slots=True)
class _Noun:
    """One noun, and a method for each of its calls."""

    resource: Resource

    @property
    def _tag(self) -> str:
        return TAGS[self.resource.of.noun.path][0]

    @property
    def _path_of_all(self) -> str:
        return f"/api/{self.resource.of.noun.path}"

    @property
    def _path_of_one(self) -> str:
        return f"{self._path_of_all}/{{id}}"

    @property
    def _row(self) -> dict[str, str]:
        return reference(f"{title_of(self.resource.of.noun)}Answer")

    def list(self) -> Call:
        noun = self.resource.of.noun
        return Call(
            path=self._path_of_all,
            tag=self._tag,
            reaches_database=True,
            method="GET",
            name=f"list_{noun.path}",
            summary=f"List the {noun.collection.replace('_', ' ')}",
            words="A page of them, in the order asked for. `next_cursor` leads to the page after "
            "it.",
            parameters=(
                *(_filter(noun, each) for each in self.resource.filters),
                _sort(self.resource),
                _LIMIT,
                _CURSOR,
            ),
            good=Good(words="A page of rows.", schema=reference(f"{title_of(noun)}Page")),
        )

    def create(self) -> Call:
        noun = self.resource.of.noun
        return Call(
            path=self._path_of_all,
            tag=self._tag,
            reaches_database=True,
            method="POST",
            name=f"create_{noun.member}",
            summary=f"Create a {noun.name}",
            words=_default_words(noun),
            body=reference(f"New{title_of(noun)}"),
            good=Good(
                schema=self._row,
                status=201,
                words=f"The new {noun.name}.",
                headers=("ETag", "Location"),
                links={
                    f"{verb}_{noun.member}": {
                        "operationId": f"{verb}_{noun.member}",
                        "parameters": {"id": f"$response.body#/{noun.member}/id"},
                    }
                    for verb in ("get", "update", "delete")
                },
            ),
        )

    def get(self) -> Call:
        noun = self.resource.of.noun
        return Call(
            path=self._path_of_one,
            tag=self._tag,
            reaches_database=True,
            method="GET",
            name=f"get_{noun.member}",
            summary=f"Read a {noun.name}",
            words="The row as it is now.",
            parameters=(parameter("Id"),),
            good=Good(schema=self._row, words=f"The {noun.name}."),
            bad=(problems.NOT_FOUND,),
        )

    def update(self) -> Call:
        noun = self.resource.of.noun
        return Call(
            path=self._path_of_one,
            tag=self._tag,
            reaches_database=True,
            method="PATCH",
            name=f"update_{noun.member}",
            summary=f"Change fields of a {noun.name}",
            words="Changes the fields that are sent and no others.",
            parameters=(parameter("Id"), parameter("If-Match")),
            body=reference(f"Changed{title_of(noun)}"),
            good=Good(schema=self._row, words="The row after the change.", headers=("ETag",)),
            bad=(problems.NOT_FOUND, problems.stale(title_of(noun))),
        )

    def delete(self) -> Call:
        noun = self.resource.of.noun
        return Call(
            path=self._path_of_one,
            tag=self._tag,
            reaches_database=True,
            method="DELETE",
            name=f"delete_{noun.member}",
            summary=f"Delete a {noun.name}",
            words=_DELETED.get(noun.member, "Nothing else goes with it."),
            parameters=(parameter("Id"), parameter("If-Match")),
            good=Good(status=204, words="It is deleted."),
            bad=(problems.NOT_FOUND, problems.stale(title_of(noun))),
        )


def _default_words(noun: Noun) -> str:
    """Say what a new row holds in the fields that are not sent."""
    defaults = [
        f"`{name}` is {value if isinstance(value, int) else f'`{value}`'}"
        for name, value in noun.defaults.items()
        if value is not None
    ]
    return f"Where they are not sent, {', '.join(defaults)}; other fields are null."


def _filter(noun: Noun, name: str) -> dict[str, Any]:
    if name == "q":
        text = {"type": "string", "minLength": 1, "maxLength": LONGEST_WORDS}
        text |= {"pattern": fields.SOME_TEXT}
        return query(name, text, _FILTER_WORDS[name])
    if name.startswith("due_"):
        return query(name, fields.DAY, _FILTER_WORDS[name])
    field = noun[name]
    if isinstance(field, Choice):
        choice = reference(choice_of(noun, field))
        return query(name, choice, f"Rows of this {field.label.lower()}.")
    return query(name, fields.ID, _FILTER_WORDS[name])


def _sort(resource: Resource) -> dict[str, Any]:
    names = [name for each in resource.of.sorts for name in (each, f"-{each}")]
    constants = [
        name.removeprefix("-").upper() + ("_DOWN" if name.startswith("-") else "_UP")
        for name in names
    ]
    return query(
        "sort",
        {"type": "string", "enum": names, "x-enum-varnames": constants},
        "The order of rows, turned round by a leading `-`; `-created_at` where it is not said.",
    )
