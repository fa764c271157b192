"""Splits text into statements and words as a shell would, for Unix, PowerShell and cmd alike."""

from __future__ import annotations

import re
from typing import Final

from provision.tenant.dsn.named.marks import QUOTES

_WINDOWS: Final = re.compile(r"(?i)(?:\A|\n)\s*(?:&\s|\$env:|set\s|(?:PS )?[a-z]:\\)|\.exe\b")
_BREAKS: Final = frozenset({";", "&&", "||", "|"})
_FILLED_IN: Final = re.compile(r"<[^<>]+>")
_REDIRECTION: Final = re.compile(r"(?:[0-9]?>{1,2}|<)(?:&[0-9])?")


class UnclosedQuoteError(ValueError):
    """A quote was opened and never closed."""


def statements(body: str) -> list[list[str]]:
    """Return the statements of a script, each as its words; nothing is expanded.

    Raises UnclosedQuoteError.
    """
    found: list[list[str]] = [[]]
    skipping = False
    for word, quoted in _words(body):
        if not quoted and (word == "\n" or word in _BREAKS):
            found.append([])
            skipping = False
            continue
        if skipping:
            skipping = False
            continue
        if not quoted and _REDIRECTION.match(word) and _FILLED_IN.fullmatch(word) is None:
            skipping = _REDIRECTION.fullmatch(word) is not None and "&" not in word
            continue
        ends = not quoted and word.endswith(";")
        found[-1].append(word[:-1] if ends else word)
        if ends:
            found.append([])
    return [each for each in found if each]


def _words(body: str) -> list[tuple[str, bool]]:
    """Split into words; each with whether it ended in a quote. A line break is a word."""
    # psql's own \\c is no escape.
    escapes = _WINDOWS.search(body) is None and not body.startswith("\\c")
    words: list[tuple[str, bool]] = []
    word: list[str] | None = None
    quote = ""
    at = 0
    ended_quoted = False
    while at < len(body):
        character, at, kind = _next(body, at, quote, escapes=escapes)
        if kind == "quote":
            quote = "" if quote else character
            word = [] if word is None else word
            ended_quoted = not quote
        elif kind == "plain" and not quote and character.isspace():
            if word is not None:
                words.append(("".join(word), ended_quoted))
            if character == "\n":
                words.append(("\n", False))
            word, ended_quoted = None, False
        else:
            word = [] if word is None else word
            word.append(character)
            ended_quoted = False
    if quote:
        raise UnclosedQuoteError
    if word is not None:
        words.append(("".join(word), ended_quoted))
    return words


def _next(body: str, at: int, quote: str, *, escapes: bool) -> tuple[str, int, str]:
    """Return a character, where the next one is, and its kind: a quote, escaped or plain."""
    each, follows = body[at], body[at + 1 : at + 2]
    plain = QUOTES.get(each, "")
    if quote:
        if each == "\\" and quote == '"' and escapes and follows in tuple('"\\$`'):
            return follows, at + 2, "escaped"
        return each, at + 1, "quote" if plain == quote else "plain"
    if plain:
        return plain, at + 1, "quote"
    if each in "\\`^" and follows == "\n":
        return " ", at + 2, "plain"
    if each == "\\" and escapes and follows:
        return follows, at + 2, "escaped"
    return each, at + 1, "plain"
