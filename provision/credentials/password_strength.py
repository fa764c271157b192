"""Passwords that whoever guesses tries first: common ones, keys in a row, the person's own names.

The list beside this holds the common ones that are long enough to be passwords here.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_LIST: Final = Path(__file__).parent / "common_passwords" / "list.txt"
# These and a number after them fill half of every list.
_COMMON_WORDS: Final = ("password", "passwort", "qwerty", "letmein", "welcome", "iloveyou", "admin")
_PRODUCT: Final = "provision"
_ROWS: Final = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
)
_LETTERS_FOR_SIGNS: Final = str.maketrans("@4301!5$7", "aaeoiisst")

_SHORTEST_RUN: Final = 4
_FEWEST_DIFFERENT: Final = 5
_LONGEST_REPEATED: Final = 8
# Letters and digits that must be left when what is easy to guess is taken out.
_FEWEST_LEFT: Final = 5
_SHORTEST_NAME: Final = 3
_NOT_A_WORD: Final = re.compile(r"[\W_]+")


def why_guessable(text: str, about: Iterable[str] = ()) -> str | None:
    """Return a sentence on why `text` is too easy to guess, None when it is not.

    `about` is what is known of the person: their name and e-mail address.
    """
    folded = text.casefold()
    if len(set(folded)) < _FEWEST_DIFFERENT or _repeats(folded):
        return "This repeats the same few characters. Choose something less regular."
    if _left(_without_runs(folded)) < _FEWEST_LEFT:
        return "These are letters, digits or keys in a row. Choose something less regular."
    if folded in _common() or _is_little_more_than(folded, _COMMON_WORDS):
        return "This is one of the passwords that are tried first. Choose another one."
    if _is_little_more_than(folded, (*_names(about), _PRODUCT)):
        return "This is little more than a name that others know. Choose something else."
    return None


@cache
def _common() -> frozenset[str]:
    return frozenset(_LIST.read_text(encoding="ascii").splitlines())


def _is_little_more_than(text: str, words: Iterable[str]) -> bool:
    # The longest first, so that a part of it does not break up the whole.
    words = sorted(words, key=len, reverse=True)
    for spelling in (text, text.translate(_LETTERS_FOR_SIGNS)):
        rest = spelling
        for word in words:
            rest = rest.replace(word, " ")
        if rest != spelling and _left(rest) < _FEWEST_LEFT:
            return True
    return False


def _names(about: Iterable[str]) -> set[str]:
    """Return a person's name and address and the words of both, without top-level domains."""
    found = set[str]()
    for each in about:
        found.add(each.casefold())
        local, _, domain = each.casefold().partition("@")
        for part in (local, domain.rpartition(".")[0]):
            words = _NOT_A_WORD.split(part)
            found.update(("".join(words), *words))
    return {word for word in found if len(word) >= _SHORTEST_NAME}


def _left(text: str) -> int:
    return sum(char.isalnum() for char in text)


def _repeats(text: str) -> bool:
    """Return whether `text` is one short piece over and over."""
    longest = min(_LONGEST_REPEATED, len(text) // 2)
    return any(text[size:] == text[:-size] for size in range(1, longest + 1))


def _without_runs(text: str) -> str:
    """Return `text` without stretches that follow a row of keys, the alphabet or the digits."""
    kept, at = [], 0
    while at < len(text):
        end = at + _SHORTEST_RUN
        while end <= len(text) and any(text[at:end] in row for row in _both_ways()):
            end += 1
        end -= 1
        if end - at < _SHORTEST_RUN:
            kept.append(text[at])
            end = at + 1
        at = end
    return "".join(kept)


@cache
def _both_ways() -> tuple[str, ...]:
    return (*_ROWS, *(row[::-1] for row in _ROWS))
