"""Ticks, and shares of a hundred, that say whether something is done."""

from __future__ import annotations

import re
from typing import Final

from provision.web.exchange.words import folding

_YES: Final = folding.listed(
    """
        yes, y, true, t, x, 1, ja, wahr, oui, vrai, si, verdadero, vero, waar, sim, verdadeiro,
        tak, prawda, checked, done, completed, complete, on, closed, archived, fixed, resolved,
        erledigt, fertig, wont do, won t do, wont fix, won t fix, cannot reproduce, duplicate,
        declined"""
)
_NO: Final = folding.listed(
    """
        no, n, false, f, 0, nein, falsch, non, faux, falso, nee, onwaar, nao, nie, falsz,
        unchecked, open, off, incomplete, unresolved, none, pending, not done, not completed,
        nicht erledigt"""
)
_RESOLUTIONS: Final = frozenset(
    folding.heading(each)
    for each in ("Resolution", "Lösung", "Résolution", "Resolución", "Risoluzione", "Oplossing",
                 "Resolução", "Rozwiązanie")
)  # fmt: skip
_TICKS: Final = ("✓", "✔", "☑", "✅", "🗹", "🟢", "[x]", "[X]", "☒")
_EMPTY_BOXES: Final = ("☐", "⬜", "[ ]", "❌", "✗", "✘", "□", "-", "\u2013", "\u2014")
_PERCENT: Final = re.compile(r"(\d{1,3}(?:[.,]\d{1,4})?|[.,]\d{1,4})\s*%?")


def is_resolution(heading: str) -> bool:
    """Return whether a column says what an issue was closed as, and nothing while it is open."""
    return folding.heading(heading) in _RESOLUTIONS


def read(text: str) -> bool | None:
    """Return whether a cell says yes; None where it says neither."""
    text = text.strip().replace("\ufe0f", "")
    if text.startswith(_TICKS):
        return True
    if not text or text.startswith(_EMPTY_BOXES):
        return False
    word = folding.word(text)
    return True if word in _YES else False if word in _NO else None


def percent(text: str, *, of_one: bool) -> float | None:
    """Return a share in percent; `of_one` takes a number without a sign as part of 1."""
    found = _PERCENT.fullmatch(text.strip())
    if found is None:
        return None
    value = float(found[1].replace(",", "."))
    return value * 100 if of_one and "%" not in text else value
