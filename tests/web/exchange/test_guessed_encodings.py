"""Short sheets of many languages, in the encodings that programs there write."""
# ruff: noqa: RUF001  # letters of other scripts look like Latin ones

from __future__ import annotations

from typing import Final

import pytest

from provision.web.exchange.reading import encodings

_WESTERN: Final = ("cp1252", "mac_roman", "cp850")
_CENTRAL: Final = ("cp1250", "iso8859_2", "cp852", "mac_latin2")
_CYRILLIC: Final = ("cp1251", "koi8_r", "mac_cyrillic", "cp866")
_LATIN_SHEETS: Final = {
    "German": "Titel;Fällig\nGröße der Türen prüfen;morgen\nSträucher gießen;später\n",
    "French": "Titre;Échéance\nVérifier le reçu;bientôt\nPréparer la fête à Orléans;été\n",
    "Spanish": "Título;Año\nLlamar a la señora Núñez;mañana\nDiseño del menú;próximo\n",
    "Portuguese": "Título;Situação\nReunião com São João;amanhã\nPreços não estão prontos;você\n",
}
_SHEETS: Final = {
    **{name: (text, _WESTERN) for name, text in _LATIN_SHEETS.items()},
    "Swedish": ("Titel;Klar\nMåla köket blått;ännu inte\nKöp färg på fredag;nästa\n", _WESTERN),
    "Italian": ("Titolo;Priorità\nPerché è così;già\nCittà più belle;lunedì\n", _WESTERN),
    "Polish": ("Tytuł;Późno\nZażółć gęślą jaźń;ważne\nKupić farbę w środę;już\n", _CENTRAL),
    "Czech": ("Název;Důležité\nPříliš žluťoučký kůň;dnes\nŘešení účtu;později\n", _CENTRAL),
    "Turkish": ("Başlık;Görev\nİğne ve ışık alınacak;yarın\nÇağrı şirketi;öğle\n", ("cp1254",)),
    "Russian": (
        "Название;Срок\nПокрасить забор в пятницу;завтра\nКупить краску;скоро\n",
        _CYRILLIC,
    ),
    "Greek": ("Τίτλος;Λήξη\nΒάψιμο του φράχτη;αύριο\nΑγορά χρώματος;σύντομα\n", ("cp1253",)),
    "Japanese": (
        "件名;期限\n柵を塗る;明日\n金曜日にペンキを買う;まもなく\n報告書を書いて送る;来週\n",
        ("cp932", "euc_jp"),
    ),
}


@pytest.mark.parametrize(
    ("language", "encoding"),
    [(language, each) for language, (_, known) in _SHEETS.items() for each in known],
)
def test_a_sheet_is_read_in_the_encoding_it_was_written_in(language: str, encoding: str) -> None:
    text, _ = _SHEETS[language]
    content = text.encode(encoding)
    assert encodings.decode(content, encodings.guess(content)) == text
