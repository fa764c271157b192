"""Takes a `psql` (or `pgcli`) command line apart, with the `PG…=…` settings in front of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from provision.tenant.dsn.keywords import begins_keywords, read_keywords
from provision.tenant.dsn.url import begins_url, read_url
from provision.tenant.failures.translate import refusal

if TYPE_CHECKING:
    from provision.tenant.dsn.parts import Parts

_PROGRAM: Final = re.compile(r"(?:[^\s'\"=]*[/\\])?(?P<name>psql|pgcli)(?:\.exe)?\Z")
_BEGINS: Final = re.compile(r"(?:sudo\s|PG[A-Z]+=|[^\s'\"=:]{0,200}(?:psql|pgcli)(?:\.exe)?\s)")
_SETTING: Final = re.compile(r"(PG[A-Z]+)=(.*)\Z")
_SETTINGS: Final = {
    "PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password",
    "PGDATABASE": "database",
}  # fmt: skip
_SETTING_PARAMETERS: Final = {
    "PGSSLMODE": "sslmode", "PGCHANNELBINDING": "channel_binding", "PGOPTIONS": "options",
    "PGAPPNAME": "application_name", "PGCONNECT_TIMEOUT": "connect_timeout",
}  # fmt: skip
_OPTIONS: Final = {
    "-h": "host", "--host": "host", "-p": "port", "--port": "port", "-U": "user",
    "--username": "user", "--user": "user", "-u": "user", "-d": "database", "--dbname": "database",
}  # fmt: skip
_FLAGS: Final = frozenset(
    {"-W", "-w", "--password", "--no-password", "-q", "--quiet", "-X", "--no-psqlrc"}
)


def begins_command(body: str) -> bool:
    """Whether the text begins like a psql command line."""
    return _BEGINS.match(body) is not None


def read_command(body: str, parts: Parts) -> None:
    """Fill `parts` from the settings in front, the options and the plain arguments."""
    words = _words(body)
    at = 0
    if words[:1] == ["sudo"]:
        at = 1
    while at < len(words) and (setting := _SETTING.match(words[at])):
        _give_setting(setting[1], setting[2], parts)
        at += 1
    program = _PROGRAM.match(words[at]) if at < len(words) else None
    if program is None and at < len(words):
        raise refusal("format")
    if program:
        parts.note(f"The {program['name']} command around it was taken off")
        _read_arguments(words[at + 1 :], parts)


def _read_arguments(words: list[str], parts: Parts) -> None:
    plain: list[str] = []
    left = iter(words)
    for word in left:
        if not word.startswith("-") or word == "-":
            plain.append(word)
        elif word not in _FLAGS:
            name, value = _option(word)
            if value is None:
                value = next(left, None)
            if name not in _OPTIONS or value is None:
                raise refusal(
                    "format",
                    "The command line has an option that says nothing about a connection.",
                    "Leave -h, -p, -U and -d in it and take the other options out.",
                )
            _give(_OPTIONS[name], value, parts)
    # psql takes the database first and the user second.
    for name, value in zip(("database", "user"), plain, strict=False):
        _give(name, value, parts)
    if len(plain) > 2:
        raise refusal(
            "format",
            "The command line has too many words.",
            "Put the connection string between single quotes: psql '…'.",
        )


def _option(word: str) -> tuple[str, str | None]:
    if word.startswith("--"):
        name, equals, value = word.partition("=")
        return name, value if equals else None
    return word[:2], word[2:] or None


def _give(name: str, value: str, parts: Parts) -> None:
    if name == "database" and begins_url(value):
        read_url(value, parts)
    elif name == "database" and begins_keywords(value):
        read_keywords(value, parts)
    else:
        parts.give(name, value)


def _give_setting(name: str, value: str, parts: Parts) -> None:
    if name in _SETTINGS:
        parts.give(_SETTINGS[name], value)
    else:
        parts.parameters.append((_SETTING_PARAMETERS.get(name, name.lower()), value))


def _words(body: str) -> list[str]:
    """Split as a POSIX shell would, expanding nothing; `$` is a plain character."""
    words: list[str] = []
    word: list[str] | None = None
    quote = ""
    at = 0
    while at < len(body):
        each = body[at]
        if quote:
            if each == quote:
                quote = ""
            elif each == "\\" and quote == '"' and body[at + 1 : at + 2] in tuple('"\\$`'):
                at += 1
                word = [*(word or ()), body[at]] if word is None else _added(word, body[at])
            else:
                word = _added(word, each)
        elif each in "'\"":
            quote = each
            word = word if word is not None else []
        elif each.isspace():
            if word is not None:
                words.append("".join(word))
            word = None
        elif each == "\\" and at + 1 < len(body):
            at += 1
            word = _added(word, body[at])
        else:
            word = _added(word, each)
        at += 1
    if quote:
        return _words_of_one_quote(body)
    if word is not None:
        words.append("".join(word))
    return words


def _added(word: list[str] | None, character: str) -> list[str]:
    if word is None:
        return [character]
    word.append(character)
    return word


def _words_of_one_quote(body: str) -> list[str]:
    """Read `psql '…'` whose string holds a quote of the same kind, which the ends make plain."""
    program, _, argument = body.rstrip("; ").partition(" ")
    argument = argument.strip()
    if len(argument) > 1 and argument[0] == argument[-1] and argument[0] in "'\"":
        inner = argument[1:-1]
        if begins_url(inner) and " " not in inner:
            return [program, inner]
    raise refusal(
        "format",
        "A quote in this command line is never closed.",
        "Paste only what stands between the quotes.",
    )
