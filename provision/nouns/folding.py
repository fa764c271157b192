"""How text is compared: without case, accents and ways of spelling that mean the same letter.

`É`, `e` with a combining accent and `e` are alike; so are `ß` and `ss`, `Ø` and `o`, `æ` and `ae`,
the dotted and the dotless `i` of Turkish. Marks that make another letter in their script, as those
of Japanese, Hebrew, Arabic and Indic scripts do, count. What PostgreSQL compares is compared the
same way: `tenant/queries/statements/comparing`.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MARKS: Final = range(0x300, 0x370)
"""The combining accents of Latin, Greek and Cyrillic letters."""

# Letters that Unicode does not take for a plain one with something added.
_ALIKE: Final = {
    "æ": "ae",
    "œ": "oe",
    "ß": "ss",
    "þ": "th",
    "ĳ": "ij",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "ŧ": "t",
    "\u0131": "i",
    "ŋ": "n",
}
# Latin, Greek, Cyrillic and Armenian letters: all that have case or accents, but for rare scripts.
_LETTERS: Final = (range(0x41, 0x588), range(0x1E00, 0x2000), range(0x212A, 0x212C))
# Vowels and final consonants of Hangul in parts follow a consonant and are one letter with it.
_HANGUL_PARTS: Final = range(0x1160, 0x1200)


def _plain(letter: str) -> str:
    """Return what a letter is compared as; nothing for a mark."""
    plain = _without_marks(_without_marks(letter).casefold())
    return unicodedata.normalize("NFC", "".join(_ALIKE.get(each, each) for each in plain))


def _without_marks(text: str) -> str:
    parts = unicodedata.normalize("NFD", text)
    return "".join(each for each in parts if ord(each) not in MARKS)


FOLDED: Final[Mapping[str, str]] = {
    letter: plain
    for block in _LETTERS
    for letter in map(chr, block)
    if (plain := _plain(letter)) != letter
}
"""Each letter that is compared as something else."""


def fold(text: str) -> str:
    """Return the text as it is compared; runs of blanks are one."""
    return " ".join("".join(map(_folded, unicodedata.normalize("NFC", text))).split())


def fold_with_places(text: str) -> tuple[str, list[int]]:
    """Return the folded text, blanks as they are, and where in `text` each letter of it comes from.

    One more place stands at the end: the length of `text`.
    """
    letters: list[str] = []
    places: list[int] = []
    for start, cluster in _clusters(text):
        for each in "".join(map(_folded, unicodedata.normalize("NFC", cluster))):
            letters.append(" " if each.isspace() else each)
            places.append(start)
    return "".join(letters), [*places, len(text)]


@lru_cache(maxsize=4096)
def _folded(letter: str) -> str:
    if letter.isascii():
        return letter.lower()
    found = FOLDED.get(letter)
    if found is None:
        small = letter.casefold()
        return small if len(small) == 1 else letter
    return found


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Yield each letter together with the marks behind it, and where it starts."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or not _continues(text[at]):
            if text[start:at]:
                yield start, text[start:at]
            start = at


def _continues(letter: str) -> bool:
    return unicodedata.combining(letter) != 0 or ord(letter) in _HANGUL_PARTS
