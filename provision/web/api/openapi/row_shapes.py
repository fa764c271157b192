"""The shapes of each noun's rows, read off its declaration and the type of its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import inspect

from provision.nouns.fields import Choice
from provision.tenant.queries.rows import Project, Task, TeamMember
from provision.web.api.openapi import fields
from provision.web.api.openapi.resources import MOST_ROWS, RESOURCES

if TYPE_CHECKING:
    from msgspec import Struct

    from provision.nouns.fields import Field
    from provision.nouns.noun import Noun
    from provision.web.api.openapi.fields import Schema

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
_NEXT_CURSOR: Final[Schema] = {
    "type": ["string", "null"],
    "description": "To be sent as `cursor` for the page after this; null at the end.",
}


def schemas() -> dict[str, Schema]:
    """Return the shapes of all nouns by their names."""
    found: dict[str, Schema] = {}
    for resource in RESOURCES:
        noun = resource.of.noun
        found |= _row(noun) | _bodies(noun) | _answers(noun) | _choices(noun)
    return found


def title_of(noun: Noun) -> str:
    """Return the name of the noun's row in the description, such as `TeamMember`."""
    return "".join(part.capitalize() for part in noun.member.split("_"))


def reference(name: str) -> dict[str, str]:
    """Return where the description holds the shape `name`."""
    return {"$ref": f"#/components/schemas/{name}"}


def choice_of(noun: Noun, field: Choice) -> str:
    """Return the name of the list of values that a choice has."""
    return f"{title_of(noun)}{field.column.capitalize()}"


def _row(noun: Noun) -> dict[str, Schema]:
    read = _read_properties(noun)
    return {
        title_of(noun): _object(
            f"A {noun.name} as the person's database holds it.", read, _shown(noun)
        )
    }


def _bodies(noun: Noun) -> dict[str, Schema]:
    title, example = title_of(noun), _EXAMPLES[noun.member]
    writable = {
        each.column: fields.written(each, _reference_to_choice(noun, each))
        | ({} if isinstance(each, Choice) else {"description": fields.words(each)})
        for each in noun.fields
    }
    body: Schema = {"type": "object", "properties": writable, "additionalProperties": False}
    first = noun.fields[0].column
    return {
        f"New{title}": body
        | {
            "description": f"A {noun.name} to be created.",
            "required": [each.column for each in noun.fields if each.required],
            "examples": [example],
        },
        f"Changed{title}": body
        | {
            "description": f"Fields of a {noun.name} to be changed; what is not sent stays.",
            "examples": [{first: example[first]}],
        },
    }


def _answers(noun: Noun) -> dict[str, Schema]:
    title, shown = title_of(noun), _shown(noun)
    return {
        f"{title}Answer": _object(
            f"One {noun.name}.", {noun.member: reference(title)}, {noun.member: shown}
        ),
        f"{title}Page": _object(
            "Rows, and where those that follow are.",
            {
                noun.collection: {
                    "type": "array",
                    "items": reference(title),
                    "maxItems": MOST_ROWS,
                },
                "next_cursor": _NEXT_CURSOR,
            },
            {noun.collection: [shown], "next_cursor": None},
        ),
    }


def _choices(noun: Noun) -> dict[str, Schema]:
    return {
        choice_of(noun, each): {
            "type": "string",
            "enum": list(each.values),
            "description": f"{each.label} of a {noun.name}.",
        }
        for each in noun.fields
        if isinstance(each, Choice)
    }


def _object(words: str, properties: dict[str, Schema], example: dict[str, Any]) -> Schema:
    """Describe an object that always has all its members."""
    return {
        "type": "object",
        "description": words,
        "properties": properties,
        "required": list(properties),
        "examples": [example],
    }


def _reference_to_choice(noun: Noun, field: Field) -> str:
    return reference(choice_of(noun, field))["$ref"] if isinstance(field, Choice) else ""


def _read_properties(noun: Noun) -> dict[str, Schema]:
    """Describe every column of an answered row: the id, the fields of the noun, the rest."""
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
    beside = {
        name: _beside(name, nullable=is_nullable)
        for name, is_nullable in nullable.items()
        if name not in found and name != "version"
    }
    return found | beside | {"version": _beside("version", nullable=False)}


def _beside(name: str, *, nullable: bool) -> Schema:
    """Describe a column that is read and never written."""
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


_USUAL: Final = {
    "id": "4be0643f-1d98-573b-97cd-ca98a65347dd",
    "created_at": "2026-11-23T14:32:00.000000Z",
    "updated_at": "2026-11-23T14:32:00.000000Z",
    "version": "743",
    "position": 1795444320.25,
}


def _shown(noun: Noun) -> dict[str, Any]:
    """Return the example of a whole row."""
    values = _USUAL | _EXAMPLES[noun.member]
    return {name: values.get(name) for name in _read_properties(noun)}
