"""What words say how much something matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provision.web.exchange.words import folding

if TYPE_CHECKING:
    from collections.abc import Mapping

_MEANINGS: Final[Mapping[str, str]] = {
    "low": """
        low, lowest, minor, trivial, p3, p4, very low, niedrig, gering, sehr niedrig, unwichtig,
        tief, faible, basse, bas, très basse, mineure, mineur, baja, bajo, muy baja, menor,
        bassa, basso, molto bassa, minore, laag, zeer laag, baixa, baixo, muito baixa, niski,
        niska, bardzo niski, p5, nice to have, optional, prio 4, priority 4""",
    "medium": """
        medium, normal, moderate, average, none, no priority, no priority set, p2, standard,
        default, mittel, keine, normale, moyenne, moyen, aucune, modérée, media, medio, ninguna,
        mediana, nessuna, normaal, gemiddeld, geen, média, médio, nenhuma, średni, średnia,
        normalny, brak, normalna, zwykły, null, 0, 500, prio 3, priority 3""",
    "high": """
        high, major, important, p1, hoch, wichtig, haute, haut, élevée, élevé, importante,
        majeure, alta, alto, mayor, maggiore, hoog, belangrijk, wysoki, wysoka, ważne, ważny,
        prio 2, priority 2""",
    "urgent": """
        urgent, highest, critical, blocker, very high, asap, p0, immediate, top, showstopper,
        emergency, dringend, sehr hoch, kritisch, höchste, urgente, critique, très haute, très
        élevée, bloquante, bloquant, crítica, crítico, muy alta, urgentissimo, critica, critico,
        molto alta, kritiek, zeer hoog, muito alta, pilne, pilny, krytyczny, krytyczna, bardzo
        wysoki, najwyższy, prio 1, priority 1""",
}
WORDS: Final[Mapping[str, str]] = {
    folding.word(each): value
    for value, texts in _MEANINGS.items()
    for each in texts.split(",")
    if each.strip()
}
# What tools with bare numbers mean by them: 1 comes first.
_NUMBERS: Final[Mapping[str, str]] = {"1": "urgent", "2": "high", "3": "medium", "4": "low"}
_STARTS: Final = (
    "crit",
    "urg",
    "block",
    "high",
    "hoch",
    "medium",
    "mittel",
    "norm",
    "low",
    "niedr",
)
_VALUES: Final = ("urgent",) * 3 + ("high",) * 2 + ("medium",) * 3 + ("low",) * 2


def known(word: str) -> str | None:
    """Return what a folded word is known to say; None for others."""
    return WORDS.get(word)


def by_parts(word: str) -> str | None:
    """Return what a folded word probably says; None without a sign."""
    if word in _NUMBERS:
        return _NUMBERS[word]
    for start, value in zip(_STARTS, _VALUES, strict=True):
        if any(part.startswith(start) for part in word.split()):
            return value
    return None
