"""Sums of money as people write them: `1.234,50 €`, `1,234.50`, `10 000`, `CHF 12.-`.

Whether the point or the comma stands before the decimals differs by country. A sum such as `10.000`
says nothing about it; its neighbours may, or somebody has to.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

DecimalMark = Literal["", ",", "."]
"""What stands before the decimals; empty where it is not known."""
Doubt = Literal["mark", "number"]
"""Why there is no reading: two are possible, or it is no sum."""

_MOST_CHARACTERS: Final = 60
_CODES: Final = re.compile(
    r"(?<![^\W\d_])(?:[A-Z]{3}|US|CA|AU|R|zł|kr|Kč|Ft|Fr|Euro?s?|dollars?|pounds?)\.?(?![^\W\d_])",
    re.IGNORECASE,
)
_SPACES: Final = re.compile(r"[\s'\u2019\u00b4`]")
_WHOLE_END: Final = re.compile(r"[.,](?:-|\u2013|\u2014)+$")
_SHAPE: Final = re.compile(r"[+-]?\d{1,20}(?:[.,]\d{1,20})*", re.ASCII)
_GROUPED: Final = re.compile(r"[+-]?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*", re.ASCII)
_INDIAN: Final = re.compile(r"[+-]?[1-9]\d?(?:,\d\d)+,\d{3}(?:\.\d+)?", re.ASCII)


def read(text: str, mark: DecimalMark = "") -> str | Doubt:
    """Return a sum with a point before its decimals and nothing else, or why it is none."""
    plain = _plain(text)
    if plain is None:
        return "number"
    clear = _mark_of(plain)
    if clear == "?":
        if not mark:
            return "mark"
        clear = mark
    if clear == "":
        return plain
    grouping = "." if clear == "," else ","
    whole, _, decimals = plain.rpartition(clear) if clear in plain else (plain, "", "")
    if not _is_grouped_well(whole, grouping):
        return "number"
    whole = whole.replace(grouping, "")
    return f"{whole}.{decimals}" if decimals else whole


def mark_of(texts: Iterable[str]) -> DecimalMark:
    """Return the decimal mark that the clear sums among `texts` show.

    Empty where none is clear, or where they contradict each other.
    """
    marks = {
        found
        for text in texts
        if (plain := _plain(text)) is not None and (found := _mark_of(plain)) in (",", ".")
    }
    if len(marks) != 1:
        return ""
    return "," if marks == {","} else "."


def is_in_doubt(text: str) -> bool:
    """Return whether somebody has to say what stands before the decimals."""
    return read(text) == "mark"


def has_currency(text: str) -> bool:
    """Return whether a currency is named, which no sum of ours keeps."""
    return bool(_CODES.search(text)) or any(unicodedata.category(each) == "Sc" for each in text)


def _plain(text: str) -> str | None:
    """Return a sum without currency and spaces; None for text that is no sum."""
    text = text.strip()
    if len(text) > _MOST_CHARACTERS:
        return None
    text = "".join(each for each in text if unicodedata.category(each) != "Sc")
    text = _SPACES.sub("", _CODES.sub("", text))
    text = _WHOLE_END.sub("", text.replace("\N{MINUS SIGN}", "-"))
    return text if _SHAPE.fullmatch(text) else None


def _mark_of(plain: str) -> str:
    """Return the decimal mark that one sum shows by itself; `?` if it could be either."""
    comma, point = plain.rfind(","), plain.rfind(".")
    if comma < 0 and point < 0:
        return ""
    if comma >= 0 and point >= 0:
        # The one further right stands before the decimals.
        return "," if comma > point else "."
    mark = "," if comma >= 0 else "."
    if plain.count(mark) > 1:
        return "." if mark == "," else ","
    # 10.000 and 10,000 are thousands or have three decimals; 0.125 and 1234.500 have decimals.
    return "?" if _GROUPED.fullmatch(plain) else mark


def _is_grouped_well(whole: str, grouping: str) -> bool:
    if grouping not in whole:
        return whole.lstrip("+-").isdigit()
    found = _GROUPED.fullmatch(whole)
    return bool(found and found[1] == grouping) or bool(grouping == "," and _INDIAN.match(whole))
