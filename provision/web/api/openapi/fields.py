"""JSON Schema of a noun's fields: what may be written to one, and what may be read from it.

A written value is held to the noun's rules. A read value may be anything its column can hold, since
other programs write to the person's database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from provision.nouns.fields import MOST_MONEY, Choice, Day, Email, Money, Percent, Reference, Text

if TYPE_CHECKING:
    from provision.nouns.fields import Field

Schema = dict[str, Any]

ID: Final[Schema] = {"type": "string", "format": "uuid"}
DAY: Final[Schema] = {"type": "string", "format": "date"}
MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
NULL: Final[Schema] = {"type": "null"}
_ANY_TEXT: Final[Schema] = {"type": "string"}

# Classes of characters, as ECMA-262, Python and Rust all read them: what `str.strip` takes off,
# and what has no place on one line.
_BLANK: Final = r"\s\x1c-\x1f\x85"
_CONTROL: Final = r"\x00-\x1f\x7f"
_BLANKS: Final = f"[{_BLANK}]*"
_NO_CHARACTER: Final[Schema] = {
    "type": "string",
    "pattern": f"^{_BLANKS}$",
    "description": "Blank, which means null.",
}
STORABLE: Final = r"^[^\x00]*$"
SOME_TEXT: Final = rf"^[^\x00]*[^{_BLANK}\x00][^\x00]*$"
ONE_LINE: Final = f"^{_BLANKS}[^{_CONTROL}]*{_BLANKS}$"
SOME_LINE: Final = (
    f"^{_BLANKS}[^{_BLANK}{_CONTROL}]([^{_CONTROL}]*[^{_BLANK}{_CONTROL}])?{_BLANKS}$"
)
_IN_EMAIL: Final = rf'[^{_BLANK}{_CONTROL}@<>"(),:;]'


def written(field: Field, choices: str = "") -> Schema:
    """Describe the values that `field` takes; `choices` refers to the list of a choice."""
    schemas: tuple[Schema, ...]
    match field:
        case Choice():
            schemas = ({"$ref": choices},)
        case Money():
            schemas = (*_MONEY, NULL)
        case Percent():
            number = {"type": "integer", "minimum": 0, "maximum": field.most}
            schemas = (number, {"type": "string", "pattern": _percent(field.most)}, NULL)
        case Day():
            schemas = (DAY, _NO_CHARACTER, NULL)
        case Reference():
            schemas = (ID, _NO_CHARACTER, NULL)
        case Text():
            schemas = (_text(field),)
        case _:
            raise TypeError(f"{type(field).__name__} {field.column} has no description yet")
    return _any_of(*schemas)


def read(field: Field, *, choices: str = "", nullable: bool) -> Schema:
    """Describe the values that a column may hold; see `written`."""
    match field:
        case Choice():
            known = [{"$ref": choices}, _ANY_TEXT]
        case Day():
            known = [DAY, _ANY_TEXT]
        case Money():
            known = [{"type": "number"}, {"type": "string"}]
        case Percent():
            known = [{"type": "integer"}]
        case Reference():
            known = [ID]
        case _:
            known = [_ANY_TEXT]
    return optional(*known) if nullable else _any_of(*known)


def optional(*schemas: Schema) -> Schema:
    """Describe one of `schemas`, or null."""
    return _any_of(*schemas, NULL)


def words(field: Field) -> str:
    """Say what a person has to know to fill in `field`."""
    match field:
        case Money():
            rule = (
                f"a number from 0 to {MOST_MONEY:,} with two decimals at most; the same as text "
                "is accepted"
            )
        case Percent():
            rule = f"percent of capacity, a whole number from 0 to {field.most}; null means 0"
        case Day():
            rule = "YYYY-MM-DD"
        case Reference():
            rule = "the id of one in the same workspace"
        case Text(multiline=True):
            rule = f"Markdown, {field.most:,} characters at most"
        case Text():
            rule = f"one line of {field.most:,} characters at most"
        case _:
            rule = "one of the values listed"
    return f"{field.label}: {rule}."


def read_words(field: Field) -> str:
    """Say what a person has to know to read a value of `field`."""
    match field:
        case Choice():
            return f"{field.label}. Another program may have written a value that is not listed."
        case Money():
            return f"{field.label}. `NaN`, as text, where another program wrote it."
        case Day():
            return (
                f"{field.label}. Another program may have written a day that no calendar holds, "
                "such as `infinity`."
            )
        case _:
            return f"{field.label}."


def _text(field: Text) -> Schema:
    limits: Schema = {"maxLength": field.most}
    if field.required:
        return {"type": "string", "minLength": 1} | limits | {"pattern": SOME_LINE}
    if isinstance(field, Email):
        pattern = rf"^{_BLANKS}({_IN_EMAIL}+@{_IN_EMAIL}+\.{_IN_EMAIL}+)?{_BLANKS}$"
    else:
        pattern = STORABLE if field.multiline else ONE_LINE
    return {"type": ["string", "null"]} | limits | {"pattern": pattern}


def _any_of(*schemas: Schema) -> Schema:
    return dict(schemas[0]) if len(schemas) == 1 else {"anyOf": [dict(each) for each in schemas]}


_AMOUNT: Final = r"\+?0{0,12}[0-9]{1,8}(\.[0-9]{1,2}0{0,18})?|-0{1,20}(\.0{1,20})?"
_MONEY: Final[tuple[Schema, Schema]] = (
    {"type": "number", "minimum": 0, "maximum": float(MOST_MONEY), "multipleOf": 0.01},
    {"type": "string", "pattern": f"^{_BLANKS}({_AMOUNT})?{_BLANKS}$"},
)


def _percent(most: int) -> str:
    """Return the pattern of a whole number from 0 to `most` (200, 300 … 900); `%` may follow."""
    hundreds, rest = divmod(most, 100)
    if rest or not 2 <= hundreds <= 9:
        raise ValueError(f"no pattern for numbers up to {most}")
    number = f"([0-9]{{1,2}}|[1-{hundreds - 1}][0-9]{{2}}|{most})"
    whole = rf"(\+?0{{0,17}}{number}|-0{{1,20}})(\.0{{1,20}})?"
    return f"^{_BLANKS}({whole}{_BLANKS}%?)?{_BLANKS}$"
