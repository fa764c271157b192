"""Names of months and weekdays in eight languages: no accents, lower case, no full stop.

The names are those of the Unicode CLDR; Polish has the genitive, which dates are written with.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# English, German, French, Spanish, Italian, Dutch, Portuguese, Polish.
_NAMES: Final = """
    january jan januar jaenner janner janvier janv enero ene gennaio gen januari janeiro
    styczen stycznia sty;
    february feb februar fevrier fevr febrero febbraio februari fevereiro fev luty lutego lut;
    march mar marz maerz mrz mars marzo maart mrt marco marzec marca;
    april apr avril avr abril abr aprile kwiecien kwietnia kwi;
    may mai mayo maggio mag mei maio maj maja;
    june jun juni juin junio giugno giu junho czerwiec czerwca cze;
    july jul juli juillet juil julio luglio lug julho lipiec lipca lip;
    august aug aout agosto ago augustus sierpien sierpnia sie;
    september sep sept septembre septiembre settembre set setembro wrzesien wrzesnia wrz;
    october oct oktober okt octobre octubre ottobre ott outubro out pazdziernik pazdziernika
    paz;
    november nov novembre noviembre novembro listopad listopada lis;
    december dec dezember dez decembre diciembre dic dicembre dezembro grudzien grudnia gru"""
_NUMBERS: Final[Mapping[str, int]] = {
    name: number
    for number, names in enumerate(_NAMES.split(";"), start=1)
    for name in names.split()
}


_WEEKDAYS: Final = """
    mon monday mo montag lun lundi lunes lunedi ma maa maandag segunda-feira segunda seg pon
    poniedzialek;
    tue tues tuesday di dienstag die mardi martes martedi dinsdag din terca-feira terca ter wt
    wtorek;
    wed weds wednesday mi mit mittwoch mer mercredi mie miercoles mercoledi wo woe woensdag
    quarta-feira quarta qua sr sroda;
    thu thur thurs thursday don donnerstag jeu jeudi jue jueves gio giovedi donderdag
    quinta-feira quinta qui czw czwartek;
    fri friday fr fre freitag ven vendredi vie viernes venerdi vr vri vrijdag sexta-feira
    sexta sex pt piatek;
    sat saturday sa sam samstag sonnabend samedi sab sabado sabato za zat zaterdag sob sobota;
    sun sunday so son sonntag dim dimanche dom domingo domenica zo zon zondag nd niedziela
    niedz"""
_DAYS: Final[Mapping[str, int]] = {
    name: number for number, names in enumerate(_WEEKDAYS.split(";")) for name in names.split()
}


def month_of(word: str) -> int | None:
    """Return the number of the month that a word names, 1 to 12; None for other words."""
    return _NUMBERS.get(_folded(word))


def weekday_of(word: str) -> int | None:
    """Return the weekday that a word names, 0 for Monday; None for other words.

    Short forms that are another day in another language are no names here.
    """
    return _DAYS.get(_folded(word))


def _folded(word: str) -> str:
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", word.casefold())
        if not unicodedata.combining(letter)
    )
    return plain.rstrip(".,")
