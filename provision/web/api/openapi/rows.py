"""The five calls of each noun and the shapes of its rows, read off its declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import inspect

from provision.nouns.fields import Choice
from provision.tenant.queries.rows import Project, Task, TeamMember
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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgspec import Struct

    from provision.nouns.noun import Noun
    from provision.web.api.openapi.fields import Schema
    from provision.web.api.openapi.resources import Resource

TAGS: Final = {
    "projects": ("Projects", "What the work is for, with money and a day it is due."),
    "tasks": ("Tasks", "What is to be done, in a project or in none, by somebody or nobody."),
    "team": ("Team", "Who does the work."),
}
_ROWS: Final[dict[str, type[Struct]]] = {
    "project": Project,
    "task": Task,
    "team_member": TeamMember,
}
_EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "project": {
        "name": "Website relaunch",
        "description": "New pages, old addresses.",
        "budget": 24000,
        "spent": 7350.5,
        "status": "active",
        "priority": "high",
        "due_date": "2026-12-18",
    },
    "task": {
        "title": "Draw the first page",
        "description": "For phones first.",
        "status": "in_progress",
        "priority": "medium",
        "due_date": "2026-12-01",
    },
    "team_member": {
        "name": "Ana Silva",
        "email": "ana@example.org",
        "role": "Designer",
        "workload": 80,
        "status": "busy",
    },
}
_EXAMPLE_ID: Final = "4be0643f-1d98-573b-97cd-ca98a65347dd"
_EXAMPLE_MOMENT: Final = "2026-11-23T14:32:00.000000Z"
_FILTER_WORDS: Final = {
    "q": "Rows that hold this text, in capitals or not.",
    "due_before": "Rows due before this day, which is not included.",
    "due_after": "Rows due after this day, which is not included.",
    "project_id": "Tasks of this project.",
    "assignee_id": "Tasks of this member of the team.",
}


def calls() -> Iterator[Call]:
    """The calls of all nouns."""
    for resource in RESOURCES:
        yield from _calls_of(resource)


def schemas() -> dict[str, Schema]:
    """The shapes of all nouns by their names."""
    found: dict[str, Schema] = {}
    for resource in RESOURCES:
        found |= _schemas_of(resource.of.noun)
    return found


def stale() -> list[problems.Problem]:
    """The 412 of each noun."""
    return [problems.stale(title_of(each.of.noun)) for each in RESOURCES]


def title_of(noun: Noun) -> str:
    """`TeamMember`: what the noun's row is called in the description."""
    return "".join(part.capitalize() for part in noun.member.split("_"))


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _calls_of(resource: Resource) -> Iterator[Call]:
    noun = resource.of.noun
    title, tag, name = title_of(noun), TAGS[noun.path][0], noun.name
    collection, one = f"/api/{noun.path}", f"/api/{noun.path}/{{id}}"
    row = _reference(f"{title}Answer")
    stale = problems.stale(title)
    yield Call(
        method="GET",
        path=collection,
        name=f"list_{noun.path}",
        tag=tag,
        summary=f"List the {noun.collection.replace('_', ' ')}",
        words="A page of them, in the order asked for. `next_cursor` leads to the page after it.",
        parameters=(
            *(_filter(noun, each) for each in resource.filters),
            _sort(resource),
            query(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": MOST_ROWS},
                f"Rows of a page; {DEFAULT_LIMIT} where it is not said.",
            ),
            query(
                "cursor",
                {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": MAX_CURSOR_LENGTH,
                    "pattern": "^[A-Za-z0-9_-]+$",
                },
                "The `next_cursor` of the page before, with the same filters and order.",
            ),
        ),
        good=Good(words="A page of rows.", schema=_reference(f"{title}Page")),
        reaches_database=True,
    )
    yield Call(
        method="POST",
        path=collection,
        name=f"create_{noun.member}",
        tag=tag,
        summary=f"Create a {name}",
        words=_default_words(noun),
        body=_reference(f"New{title}"),
        good=Good(
            status=201,
            words=f"The new {name}.",
            schema=row,
            headers=("ETag", "Location"),
            links={
                f"{verb}_{noun.member}": {
                    "operationId": f"{verb}_{noun.member}",
                    "parameters": {"id": f"$response.body#/{noun.member}/id"},
                }
                for verb in ("get", "update", "delete")
            },
        ),
        reaches_database=True,
    )
    yield Call(
        method="GET",
        path=one,
        name=f"get_{noun.member}",
        tag=tag,
        summary=f"Read a {name}",
        words="The row as it is now.",
        parameters=(parameter("Id"),),
        good=Good(words=f"The {name}.", schema=row),
        reaches_database=True,
        bad=(problems.NOT_FOUND,),
    )
    yield Call(
        method="PATCH",
        path=one,
        name=f"update_{noun.member}",
        tag=tag,
        summary=f"Change fields of a {name}",
        words="Changes the fields that are sent and no others.",
        parameters=(parameter("Id"), parameter("If-Match")),
        body=_reference(f"Changed{title}"),
        good=Good(words="The row after the change.", schema=row, headers=("ETag",)),
        reaches_database=True,
        bad=(problems.NOT_FOUND, stale),
    )
    yield Call(
        method="DELETE",
        path=one,
        name=f"delete_{noun.member}",
        tag=tag,
        summary=f"Delete a {name}",
        words=_DELETED.get(noun.member, "Nothing else goes with it."),
        parameters=(parameter("Id"), parameter("If-Match")),
        good=Good(status=204, words="It is deleted."),
        reaches_database=True,
        bad=(problems.NOT_FOUND, stale),
    )


_DELETED: Final = {
    "project": "Its tasks are deleted, too.",
    "team_member": "The tasks of this person stay, assigned to nobody.",
}


def _default_words(noun: Noun) -> str:
    """What a new row holds where nothing is sent."""
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
        choice = _reference(_choice_of(noun, field))
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


def _choice_of(noun: Noun, field: Choice) -> str:
    return f"{title_of(noun)}{field.column.capitalize()}"


def _schemas_of(noun: Noun) -> dict[str, Schema]:
    title, example = title_of(noun), _EXAMPLES[noun.member]
    read = _read_properties(noun)
    writable = {
        each.column: fields.written(each, _reference_to_choice(noun, each))
        | ({} if isinstance(each, Choice) else {"description": fields.words(each)})
        for each in noun.fields
    }
    changes: Schema = {"type": "object", "properties": writable, "additionalProperties": False}
    shown = {name: _example(name, example) for name in read}
    first = {noun.fields[0].column: example[noun.fields[0].column]}
    return {
        title: {
            "type": "object",
            "description": f"A {noun.name} as the person's database holds it.",
            "properties": read,
            "required": list(read),
            "examples": [shown],
        },
        f"New{title}": changes
        | {
            "description": f"A {noun.name} to be created.",
            "required": [each.column for each in noun.fields if each.required],
            "examples": [example],
        },
        f"Changed{title}": changes
        | {
            "description": f"Fields of a {noun.name} to be changed; what is not sent stays.",
            "examples": [first],
        },
        f"{title}Answer": {
            "type": "object",
            "description": f"One {noun.name}.",
            "properties": {noun.member: _reference(title)},
            "required": [noun.member],
            "examples": [{noun.member: shown}],
        },
        f"{title}Page": {
            "type": "object",
            "description": "Rows, and where those that follow are.",
            "properties": {
                noun.collection: {
                    "type": "array",
                    "items": _reference(title),
                    "maxItems": MOST_ROWS,
                },
                "next_cursor": {
                    "type": ["string", "null"],
                    "description": "To be sent as `cursor` for the page after this; null at the "
                    "end.",
                },
            },
            "required": [noun.collection, "next_cursor"],
            "examples": [{noun.collection: [shown], "next_cursor": None}],
        },
    } | {
        _choice_of(noun, each): {
            "type": "string",
            "enum": list(each.values),
            "description": f"{each.label} of a {noun.name}.",
        }
        for each in noun.fields
        if isinstance(each, Choice)
    }


def _reference_to_choice(noun: Noun, field: Any) -> str:
    return _reference(_choice_of(noun, field))["$ref"] if isinstance(field, Choice) else ""


def _read_properties(noun: Noun) -> dict[str, Schema]:
    """Every column of a row as it is answered, in the order id, fields of the noun, the rest."""
    nullable = {
        each.name: isinstance(each.type, inspect.UnionType) and each.type.includes_none
        for each in inspect.type_info(_ROWS[noun.member]).fields  # type: ignore[attr-defined]
    }
    found = {"id": _beside("id", nullable=False)}
    for field in noun.fields:
        schema = fields.read(
            field,
            choices=_reference_to_choice(noun, field),
            nullable=nullable[field.column],
        )
        found[field.column] = schema | {"description": fields.read_words(field)}
    for name in nullable.keys() - found.keys() - {"version"}:
        found[name] = _beside(name, nullable=nullable[name])
    return found | {"version": _beside("version", nullable=False)}


def _beside(name: str, *, nullable: bool) -> Schema:
    """A column that is read and never written."""
    known, words = _BESIDE[name]
    schema = fields.optional(*known) if nullable else dict(known[0])
    return schema | {"description": words}


_INSTANT: Final = (fields.MOMENT, {"type": "string"})
_BESIDE: Final[dict[str, tuple[tuple[Schema, ...], str]]] = {
    "id": ((fields.ID,), "The id of the row, which never changes."),
    "created_at": (_INSTANT, "When it was created, in UTC; null where no calendar has the day."),
    "updated_at": (_INSTANT, "When it was last changed, in UTC."),
    "completed_at": (_INSTANT, "When it became done, in UTC; null while it is not."),
    "position": (
        ({"type": "number"}, {"type": "string"}),
        "Its place in its column of the board, ascending.",
    ),
    "version": (
        ({"type": "string", "minLength": 1},),
        "Changes with every write. As `ETag`, in quotation marks, it is what `If-Match` takes.",
    ),
}


def _example(name: str, values: dict[str, Any]) -> Any:
    """What the column `name` holds in the example of a row with these `values`."""
    usual = {
        "id": _EXAMPLE_ID,
        "created_at": _EXAMPLE_MOMENT,
        "updated_at": _EXAMPLE_MOMENT,
        "version": "743",
        "position": 1795444320.25,
    }
    return values.get(name, usual.get(name))
