"""Make alike what people write differently: case, accents, decoration, numbering."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from provision.nouns.folding import fold

_NUMBERING: Final = re.compile(r"\d{1,2}(?: \d{1,2})* (?=[^\W\d_])")
_COUNT: Final = re.compile(r"\s*\(\d+\)\s*$")
_AREAS: Final = ("utc", "gmt")


@lru_cache(maxsize=20_000)
def name(text: str) -> str:
    """Return a name without case, accents and doubled blanks: `Ärla  NOË` is `arla noe`."""
    return fold(unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=20_000)
def word(text: str) -> str:
    """Return a word without decoration: `✅ Done`, `3. done` and `[Done] (4)` are `done`."""
    plain = _only_letters(name(_COUNT.sub("", text)))
    return _NUMBERING.sub("", plain, count=1) if _NUMBERING.match(plain) else plain


def listed(texts: str) -> frozenset[str]:
    """Return the folded words of a list with commas."""
    return frozenset(word(each) for each in texts.split(",") if each.strip())


def heading(text: str) -> str:
    """Return a heading, letters and digits only: `Created At (UTC)` is `createdat`."""
    parts = _only_letters(name(text)).split()
    if len(parts) > 1 and parts[-1] in _AREAS:
        parts.pop()
    return "".join(parts)


def undecorated(text: str) -> str:
    """Return a text without symbols and emoji at its ends: `🚀 Website` is `Website`."""
    start, end = 0, len(text)
    while start < end and _is_decoration(text[start]):
        start += 1
    while end > start and _is_decoration(text[end - 1]):
        end -= 1
    return text[start:end] or text.strip()


def _only_letters(text: str) -> str:
    return " ".join("".join(each if each.isalnum() else " " for each in text).split())


def _is_decoration(letter: str) -> bool:
    return (
        letter.isspace() or unicodedata.category(letter) in ("So", "Sk", "Cf", "Mn", "Me", "Cn")
    ) and letter not in "°№"
