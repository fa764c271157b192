"""Is one name with its value, and knows how values are quoted and referred to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

REFERENCE: Final = re.compile(
    r"(?:process\.env|import\.meta|os\.|env\(|getenv|System\.|ENV\[|Rails\.|config\(|var\.|local\."
    r"|data\.|aws_|azurerm_|google_|module\.|secrets?\.|!secret|!Ref|!Sub|settings\.|env\.|decouple"
    r"|\$\{\{?[^{}]*\}\}?\Z|<%|\{\{|\$\(|Deno\.|Bun\.|fs\.|str\(|int\(|config\.|\*\w+\Z)"
)
"""Begins a value that is no value: a variable, a call, an entry of a vault."""

_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))", re.DOTALL)
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Named:
    """One name with its value."""

    name: str = field(repr=False)
    value: str = field(repr=False)
    line: int
    """Counted from 1."""
    place: str = field(default="", repr=False)
    """The section or object that it stands in, its name last."""
    is_reference: bool = False
    """Whether the value is an expression: a variable, a call, another file."""
    is_quoted: bool = False
    is_cut: bool = False
    """Whether a comment behind the value was left out."""


def unescaped(text: str) -> str:
    """Undo the escapes of a string of program code."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(
        lambda at: chr(int(at[1], 16)) if at[1] else _CONTROLS.get(at[2], at[2]), text
    )


def paired(found: list[Named]) -> list[Named]:
    """Make one of `name: PGHOST` and the `value: h` that follows it."""
    made: list[Named] = []
    for each in found:
        before = made[-1] if made else None
        is_name = before is not None and before.name.lower() in ("name", "key", "keyname")
        if before and is_name and each.name.lower() in ("value", "valuefrom", "string_value"):
            is_reference = each.is_reference or each.name.lower() == "valuefrom"
            made[-1] = Named(before.value, each.value, each.line, "", is_reference, each.is_quoted)
        else:
            made.append(each)
    return made
