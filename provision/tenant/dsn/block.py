"""Reads a block of named values: an `.env` file, an object, a form's fields, a whole page of them.

It takes the one connection string in it, or puts one together from host, port, user, password and
database. What it leaves out is said by name if the name is known, else by line.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from provision.errors import ConnectionStringError
from provision.tenant.dsn.command_line import (
    INSIDE_CONTAINER,
    SETTING_PARAMETERS,
    assigned,
    begins_command,
    is_tool_command,
)
from provision.tenant.dsn.keywords import begins_keywords
from provision.tenant.dsn.named import lines, names
from provision.tenant.dsn.named.marks import ZERO_WIDTH
from provision.tenant.dsn.named.values import Named
from provision.tenant.dsn.parts import Parts
from provision.tenant.dsn.semicolons import begins_semicolons
from provision.tenant.dsn.url import begins_url, names_postgres
from provision.tenant.failures.translate import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

_PARTS: Final = ("host", "port", "user", "password", "database")
_NOT_PARAMETERS: Final = (*_PARTS, "url", "engine", "other", "reference")
_FOREIGN_ENGINE: Final = re.compile(
    r"(?i)mysql|maria|sqlite|mssql|sqlserver|oracle|mongo|cockroach|redshift|h2\b|clickhouse"
)
_HOST_AND_PORT: Final = re.compile(r"(?P<host>[^:,\s\[\]/]+):(?P<port>[0-9]{1,5})\Z")
_INSIDE: Final = re.compile(
    r"(?P<quote>[\"'`])(?P<string>(?:postgres(?:ql)?(?:\+\w+)?|jdbc:postgresql|ecto|postgis|pgsql)://(?:(?!(?P=quote)).)+)"
    r"(?P=quote)"
)
_VARIABLE: Final = re.compile(
    r"\$\{\{?\s*(?:[\w-]+\.)?(?P<name>[A-Za-z_]\w*)\s*\}?\}|%\((?P<old>\w+)\)s"
)
_SECRET: Final = re.compile(r"(?im)^\s*kind:\s*[\"']?Secret\b")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{4,}={0,2}\Z")


@dataclass(frozen=True, slots=True)
class _Known:
    """A named value whose name is understood, or whose value is a whole connection string."""

    named: Named
    kind: str
    rank: int
    has_prefix: bool


def holds_connection(body: str) -> bool:
    """Tell whether the text has a named value in it that says how to connect."""
    known = _known(_found(body))
    return any(each.kind in (*_PARTS, "url", "reference") for each in known)


def read_block(body: str, parts: Parts, read: Callable[[str, Parts], None]) -> None:
    """Fill `parts` from the named values; `read` reads one whole connection string."""
    parts.where = "The text"
    found = _found(body)
    known = _known(found)
    strings = [each for each in known if each.kind == "url"]
    if strings:
        used = _read_strings(strings, known, parts, read)
        used += _give_beside(strings[0].named, found, parts)
    else:
        used = []
        _refuse_foreign(known)
        _refuse_reference(known)
    separate = _separate(known)
    if not strings or not (parts.user and parts.password and parts.database):
        used += _give_parts(separate, parts, missing_only=bool(strings))
    if not parts.host and not strings and _is_container(body):
        raise refusal("host_missing", *INSIDE_CONTAINER)
    _note_rest(body, found, used, parts)


def _give_beside(string: Named, found: list[Named], parts: Parts) -> list[Named]:
    """Take user and password of a call whose arguments follow the string without names."""
    at = found.index(string) + 1 if string in found else len(found)
    following = found[at : at + 2]
    is_call = len(following) == 2 and not any(each.name for each in (string, *following))
    if not is_call or parts.user or parts.password:
        return []
    parts.give("user", following[0].value)
    parts.give("password", following[1].value)
    return following


def _found(body: str) -> list[Named]:
    if is_tool_command(body):
        found = [Named(name, value, 1) for name, value in assigned(body).items()]
    else:
        found = lines.find(body)
    if not any(names.meaning(each.name, each.place) for each in found if each.name):
        found += [
            Named("", at["string"], body.count("\n", 0, at.start()) + 1)
            for at in _INSIDE.finditer(body)
            if not any(at["string"] in each.value for each in found)
        ]
    by_name = {each.name: each.value for each in found if not each.is_reference}
    found = [_filled_in(each, by_name) for each in found]
    if _SECRET.search(body):
        found = [_out_of_secret(each) for each in found]
    return found


def _filled_in(named: Named, by_name: dict[str, str]) -> Named:
    """Put the values of other names into `${NAME}`, as dotenv does."""
    if "{" not in named.value and "%(" not in named.value:
        return named
    value = _VARIABLE.sub(lambda at: by_name.get(at["name"] or at["old"], at[0]), named.value)
    return replace(named, value=value, is_reference=named.is_reference and value == named.value)


def _out_of_secret(named: Named) -> Named:
    """Undo the base64 in which a Kubernetes secret keeps what stands below `data`."""
    if named.place != "data" or not _BASE64.match(named.value):
        return named
    try:
        value = base64.b64decode(named.value, validate=True).decode()
    except ValueError:
        return named
    return replace(named, value=value.rstrip("\n"), place="base64")


def _known(found: list[Named]) -> list[_Known]:
    known = []
    for each in found:
        meant = names.meaning(each.name, each.place) if each.name else None
        if each.name in SETTING_PARAMETERS:
            known.append(_Known(each, SETTING_PARAMETERS[each.name], 0, True))
        elif _is_string(each, meant):
            is_meant = meant is not None and meant.kind == "url"
            rank = meant.rank if meant and is_meant else -1
            known.append(_Known(each, "url", rank, True))
        elif meant is not None:
            kind = meant.kind
            if kind == "url":
                kind = "reference" if each.is_reference else "other"
            if not each.value and kind != "password":
                kind = "other"
            known.append(_Known(each, kind, meant.rank, meant.has_prefix))
    if not any(each.kind == "url" for each in known):
        known += [_Known(each, "url", -1, True) for each in _inside_code(found)]
    return known


def _is_string(named: Named, meant: names.Meaning | None) -> bool:
    """Tell whether a value is a whole connection string, whatever its name is."""
    value = named.value
    if names_postgres(value) or (begins_command(value) and "psql" in value[:200].lower()):
        return True
    if meant is not None and meant.kind not in ("url", "engine", "database"):
        return False
    if begins_semicolons(value) or (begins_keywords(value) and " " in value):
        return True
    return meant is not None and meant.kind == "url" and begins_url(value)


def _inside_code(found: list[Named]) -> list[Named]:
    """Find a URL of PostgreSQL between quotes inside of an expression."""
    inside = []
    for each in found:
        at = _INSIDE.search(each.value)
        if at:
            inside.append(replace(each, value=at["string"], is_reference=False))
    return inside


def _read_strings(
    strings: list[_Known],
    known: list[_Known],
    parts: Parts,
    read: Callable[[str, Parts], None],
) -> list[Named]:
    """Read the best of several strings; equals must lead to one database."""
    postgres = [each for each in strings if _leads_here(each.named.value)]
    strings = postgres or strings
    best = max(each.rank for each in strings)
    chosen = [each for each in strings if each.rank == best]
    read(chosen[0].named.value.strip(" \t\u00a0" + ZERO_WIDTH), parts)
    for other in chosen[1:]:
        if other.named.value != chosen[0].named.value and _differs(other, parts, read):
            raise refusal(
                "format",
                "There are connection strings for several databases in this text.",
                "Paste the one that is meant, alone.",
            )
    if len(strings) > 1:
        shown = _shown(chosen[0].named)
        parts.note(f"Of several connection strings, {shown} was taken")
    elif chosen[0].named.name:
        name = chosen[0].named.name
        shown = f"{name.strip()}" if names.is_printable(name) else "The name"
        parts.note(f"{shown} in front was taken off")
    if chosen[0].named.is_cut:
        parts.note("The comment at the end was taken off")
    if chosen[0].named.place == "base64":
        parts.note("The values were decoded from base64")
    return [each.named for each in strings]


def _leads_here(value: str) -> bool:
    return not begins_url(value) or names_postgres(value)


def _differs(other: _Known, parts: Parts, read: Callable[[str, Parts], None]) -> bool:
    second = Parts()
    try:
        read(other.named.value, second)
    except ConnectionStringError:
        return False
    return any(getattr(second, each) != getattr(parts, each) for each in ("host", "database"))


def _refuse_foreign(known: list[_Known]) -> None:
    for each in known:
        if each.kind == "engine" and _FOREIGN_ENGINE.search(each.named.value):
            raise refusal(
                "scheme",
                f"Line {each.named.line} says that this is another database than PostgreSQL.",
                "Paste the settings of a PostgreSQL database.",
            )


def _refuse_reference(known: list[_Known]) -> None:
    kinds = {each.kind for each in known}
    if "reference" in kinds and "host" not in kinds:
        raise refusal(
            "format",
            "The connection string is not in this text: it is looked up elsewhere.",
            "Look in the file or the settings that it comes from (.env, variables, secrets), and "
            "paste the string itself.",
        )


def _separate(known: list[_Known]) -> dict[str, list[_Known]]:
    """Return the best-ranked values of each part."""
    has_prefix = any(each.kind == "host" and each.has_prefix for each in known)
    separate: dict[str, list[_Known]] = {}
    for each in known:
        if each.kind in _NOT_PARAMETERS and each.kind not in _PARTS:
            continue
        # HOST and PORT beside DB_HOST are those of the program itself.
        if has_prefix and not each.has_prefix and each.named.name.isupper():
            continue
        separate.setdefault(each.kind, []).append(each)
    for kind, values in separate.items():
        best = max(each.rank for each in values)
        separate[kind] = [each for each in values if each.rank == best]
    return separate


def _give_parts(
    separate: dict[str, list[_Known]], parts: Parts, *, missing_only: bool
) -> list[Named]:
    used: list[Named] = []
    for kind, values in separate.items():
        if kind in _PARTS and missing_only and getattr(parts, kind):
            continue
        if kind not in _PARTS and missing_only:
            continue
        _refuse_references(kind, values)
        _refuse_several(kind, values)
        value = values[0].named
        if kind in _PARTS:
            _give_part(kind, value.value, parts)
        else:
            parts.parameters.append((kind, value.value))
        if value.place == "base64":
            parts.note("The values were decoded from base64")
        if value.is_cut:
            parts.note(f"What follows the {kind} after a blank was taken for a comment")
        used += [each.named for each in values]
    if used:
        parts.note("Its values were put together")
    return used


def _give_part(kind: str, value: str, parts: Parts) -> None:
    at = _HOST_AND_PORT.match(value) if kind == "host" else None
    if at:
        parts.give("port", at["port"])
        parts.note("The port was read from the host")
        value = at["host"]
    parts.give(kind, value)


def _refuse_references(kind: str, values: list[_Known]) -> None:
    if values[0].named.is_reference and kind in _PARTS:
        raise refusal(
            "format",
            f"The {kind} is not in this text: its value is looked up elsewhere.",
            f"Put the real {kind} there, or paste the connection string from your provider's "
            "console.",
        )


def _refuse_several(kind: str, values: list[_Known]) -> None:
    given = {each.named.value for each in values}
    places = {each.named.place for each in values}
    if len(given) > 1 and kind in _PARTS:
        if len(places) > 1:
            raise refusal(
                "format",
                "This text holds the settings of several databases.",
                "Paste only those of the one that is meant.",
            )
        raise refusal(
            "format",
            f"This text gives the {kind} twice, and differently.",
            f"Leave one {kind} in it.",
        )


def _is_container(body: str) -> bool:
    return re.search(r"\bPOSTGRES_(?:USER|PASSWORD|DB)\b", body) is not None


def _shown(named: Named) -> str:
    if named.name and names.is_printable(named.name):
        return named.name.strip()
    return f"the one on line {named.line}"


def _note_rest(body: str, found: list[Named], used: list[Named], parts: Parts) -> None:
    unused: set[int] = set(lines.unread_lines(body, found))
    for each in found:
        if each in used:
            continue
        if each.name and names.is_printable(each.name):
            parts.note(f"{each.name.strip()} was left out")
        elif each.name or not each.is_quoted:
            unused.add(each.line)
    unused -= {each.line for each in used}
    if unused:
        listed = ", ".join(str(each) for each in sorted(unused))
        several = len(unused) > 1
        parts.note(f"Lines {listed} were left out" if several else f"Line {listed} was left out")
