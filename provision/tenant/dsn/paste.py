"""Cleans a paste, and takes off what surrounds a connection string where it was copied from.

Invisible characters at the edges, quotes, angle brackets, back-ticks, a prompt, a bullet, a label,
the name in front, a trailing semicolon or comment. What is taken off is said, unless it is a blank.
"""

from __future__ import annotations

import re
from typing import Final

from provision.tenant.dsn.command_line import begins_command, is_tool_command
from provision.tenant.dsn.keywords import is_first_keyword
from provision.tenant.dsn.named import names
from provision.tenant.dsn.named.marks import ZERO_WIDTH
from provision.tenant.dsn.parts import MAX_CHARACTERS
from provision.tenant.dsn.semicolons import begins_semicolons
from provision.tenant.failures.translate import refusal

_BLANKS: Final = " \t\r\n\f\v\u00a0\u2003\u2009\u202f\u3000"
_PAIRS: Final = {
    '"': "\"\u201d", "'": "'\u2019", "`": "`", "<": ">",
    "\u201c": "\u201d\u201c\"", "\u201d": "\u201d\u201c\"", "\u201e": "\u201c\u201d\"",
    "\u2018": "\u2019\u2018'", "\u2019": "\u2019\u2018'", "\u201a": "\u2018\u2019",
    "\u00ab": "\u00bb", "\u00bb": "\u00ab", "\u2039": "\u203a", "(": ")", "[": "]",
}  # fmt: skip
_LAYERS: Final = 10

_PROMPT: Final = re.compile(
    r"(?:\$|%|>|#|\u276f|\u279c|PS [^>\n]{0,80}>|[A-Z]:\\[^>\n]{0,80}>"
    r"|\[?[\w.-]{1,40}@[\w.-]{1,60}[: ][^$#%\n]{0,60}[$#%]|[\w-]{1,40}[=-][#>])\s+(?=\S)"
)
_BULLET: Final = re.compile(
    r"(?:[-*+\u2022\u00b7\u2013\u2014\u25cf\u25aa\u2023]|[0-9]{1,2}[.)]|\[[ xX]?\])\s+(?=\S)"
)
# Every repetition is bounded, so that nobody's text takes quadratic time.
_VALUE_BEGINS: Final = (
    r"[*\"'`<\u201c\u201d\u2018\u2019\u201e]{0,6}\s{0,8}"
    r"(?:[A-Za-z][A-Za-z0-9+._-]{0,40}://|jdbc:|r2dbc:|(?:sudo\s)?psql(?:\.exe)?[\s\"']|pgcli\s"
    r"|PGPASSWORD=|(?i:host|server|user ?id|user|username|data source|dbname|driver)\s?=|pgsql:)"
)
_ASSIGNMENT: Final = re.compile(
    r"(?:(?:export|setx?|let|const|var|ENV|-|-x|-gx|-e|final|String|static|public|val)\s{1,8}"
    r"|\$env:|--){0,6}"
    r"[\"'\u201c\u2018*_]{0,2}(?P<name>[A-Za-z_@][\w.\-/ ()\[\]:]{0,80}?)"
    r"[\"'\u201d\u2019*_]{0,2}\s{0,8}"
    r"(?P<sign>:=|=>|=|:\*{0,2}(?=[\s\"'\u201c])|\s)\s{0,8}"
    rf"(?P<value>(?={_VALUE_BEGINS})\S.*)\Z",
    re.DOTALL,
)
_AFTER_QUOTE: Final = re.compile(r"\s*(?:[;,.]\s*)?(?:(?:#|//|--).*)?\Z")
_COMMENT: Final = re.compile(r"\s(?:#|//|--\s)")
_ASIDE: Final = re.compile(r"\s\([^()@/]{0,60}\)\Z")
_MARKDOWN_LINK: Final = re.compile(r"!?\[[^\[\]]{0,200}\]\((?P<target>\S+)\)\Z")
_LONE_QUOTE: Final = re.compile(rf"[\"'`\u201c\u201d\u2018\u2019](?={_VALUE_BEGINS})")
_BASE64: Final = re.compile(r"cG9zdGdyZX[A-Za-z0-9+/_-]{10,}={0,2}\Z")


def clean(text: str, changes: list[str]) -> str:
    """Return the text without blanks and invisible characters at its edges, lines ending in LF.

    Raises `too_long`, or `format` when nothing is left.
    """
    body = text.strip(_BLANKS)
    bare = body.strip(_BLANKS + ZERO_WIDTH)
    if bare != body:
        note(changes, "Invisible characters around it were taken off")
    if len(bare) > MAX_CHARACTERS:
        raise refusal("too_long")
    if not bare:
        raise refusal("format", "There is no connection string here.")
    bare = bare.replace("\r\n", "\n").replace("\r", "\n")
    if "\n" not in bare:
        return bare
    lines = []
    for line in bare.split("\n"):
        trimmed = line.strip(ZERO_WIDTH)
        if trimmed != line:
            note(changes, "Invisible characters around it were taken off")
        lines.append(trimmed)
    return _without_frame(lines, changes)


def peel(body: str, changes: list[str]) -> str:
    """Return the one connection string that a text of one line holds."""
    for _ in range(_LAYERS):
        before = body
        body = _peel_layer(body.strip(_BLANKS), changes)
        bare = body.strip(ZERO_WIDTH)
        if bare != body:
            note(changes, "Invisible characters around it were taken off")
            body = bare
        if body == before:
            break
    if not body:
        raise refusal("format", "There is no connection string here.")
    return body


def is_base64(body: str) -> bool:
    """Tell whether the text is a URL of PostgreSQL in base64, as Kubernetes keeps it."""
    return _BASE64.match(body) is not None


def note(changes: list[str], change: str) -> None:
    """Remember what was taken off, once."""
    if change not in changes:
        changes.append(change)


def _without_frame(lines: list[str], changes: list[str]) -> str:
    """Leave out a fence of Markdown, comments and lines without text; join what `\\` continues."""
    kept = []
    for line in lines:
        bare = line.strip(_BLANKS)
        if bare.startswith(("```", "~~~")) and len(bare) < 20:
            note(changes, "The quotes around it were taken off")
        elif bare.startswith(("#", "//")) and not bare.startswith("# \t"):
            note(changes, "Comment lines were left out")
        elif bare:
            kept.append(line.rstrip())
    if not kept:
        raise refusal("format", "There is no connection string here.")
    if len(kept) > 1 and all(line[-1:] in ("\\", "^", "`") for line in kept[:-1]):
        note(changes, "Its lines were joined")
        return " ".join(line.rstrip("\\^`").strip() for line in kept[:-1]) + " " + kept[-1].strip()
    return "\n".join(kept) if len(kept) > 1 else kept[0].strip(_BLANKS)


def _peel_layer(body: str, changes: list[str]) -> str:
    for what, mark in (("link", _MARKDOWN_LINK), ("prompt", _PROMPT), ("bullet", _BULLET)):
        found = mark.match(body)
        if found:
            note(changes, f"The {what} around or in front of it was taken off")
            return found.groupdict().get("target") or body[found.end() :]
    closing = _PAIRS.get(body[:1], "")
    inner = body.rstrip(";, ")[1:-1]
    if closing and not any(each in closing or each == body[0] for each in inner):
        unquoted = _unquoted(body, closing, changes)
        if unquoted != body:
            return unquoted
    named = _named(body, changes)
    if named:
        return named
    if closing and closing != "]":
        return _unquoted_or_lone(body, closing, changes)
    if "://" in body or body.lower().startswith("jdbc:"):
        return _without_end(body, changes)
    return body


def _unquoted_or_lone(body: str, closing: str, changes: list[str]) -> str:
    unquoted = _unquoted(body, closing, changes)
    if unquoted == body and _LONE_QUOTE.match(body) and body[0] not in body[1:]:
        note(changes, "A quote that was never closed was taken off")
        return body[1:]
    return unquoted


def _without_end(body: str, changes: list[str]) -> str:
    comment = _COMMENT.search(body)
    if comment and "@" not in body[comment.start() :]:
        note(changes, "The comment at the end was taken off")
        return body[: comment.start()]
    aside = _ASIDE.search(body)
    if aside:
        note(changes, "The words in brackets at the end were taken off")
        return body[: aside.start()]
    if body[-1:] in "\"'`\u201c\u201d\u2018\u2019" and _is_lone(body):
        note(changes, "A quote that was never opened was taken off")
        return body[:-1]
    if body[-1:] in (";", ",", "\\", "."):
        note(changes, "The punctuation at the end was taken off")
        return body[:-1]
    return body


def _is_lone(body: str) -> bool:
    return not any(each in body[:-1] for each in _PAIRS.get(body[-1], "") + body[-1])


def _named(body: str, changes: list[str]) -> str:
    """Take the name or label in front off; empty if there is none."""
    found = _ASSIGNMENT.match(body)
    if found is None or begins_command(body) or is_tool_command(body):
        return ""
    name, sign = found["name"].strip(), found["sign"].strip()
    if "://" in name or _is_keyword(name, body):
        return ""
    if not sign and "://" not in found["value"].partition(" ")[0]:
        return ""  # only a URL may follow words without a colon
    if begins_semicolons(body) or is_first_keyword(body):
        return ""
    shown = f"{name}{sign[:2]}" if names.is_printable(name) else "The name"
    note(changes, f"{shown} in front was taken off")
    return found["value"]


def _unquoted(body: str, closing: str, changes: list[str]) -> str:
    """Take off the pair around the body; only a comment or punctuation may follow it."""
    if body[0] in "<([" and re.match(_VALUE_BEGINS, body[1:]) is None:
        return body  # a tag, a call or a list
    for end in range(1, len(body)):
        if body[end] in closing and _AFTER_QUOTE.match(body, end + 1):
            note(changes, "The quotes around it were taken off")
            return body[1:end]
    return body


def _is_keyword(name: str, body: str) -> bool:
    # `host=… user=…` is a string of its own, not a variable called host.
    return name.lower() in ("host", "server", "user", "password", "dbname") and "://" not in body
