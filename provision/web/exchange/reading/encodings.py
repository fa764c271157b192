"""In which encoding a text was written, guessed from its bytes; the person sees it and may choose.

charset-normalizer knows many scripts. On a few Latin words it takes one code page for another (it
read 6 of 12 short German, French, Spanish and Portuguese samples wrongly, see `docs/design.md`), so
the Latin ones are told apart first, by the letters that the languages have.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES: Final[Mapping[str, str]] = {
    "utf-8": "Unicode (UTF-8)",
    "utf-16": "Unicode (UTF-16)",
    "utf-16-le": "Unicode (UTF-16, little endian)",
    "utf-16-be": "Unicode (UTF-16, big endian)",
    "cp1252": "Western (Windows-1252)",
    "mac_roman": "Western (Mac Roman)",
    "cp850": "Western (DOS 850)",
    "iso8859_15": "Western (Latin 9)",
    "cp1250": "Central European (Windows-1250)",
    "iso8859_2": "Central European (Latin 2)",
    "mac_latin2": "Central European (Mac)",
    "cp852": "Central European (DOS 852)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8_r": "Cyrillic (KOI8-R)",
    "mac_cyrillic": "Cyrillic (Mac)",
    "cp866": "Cyrillic (DOS 866)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp932": "Japanese (Shift JIS)",
    "euc_jp": "Japanese (EUC-JP)",
    "gb18030": "Chinese (GB 18030)",
    "big5": "Chinese (Big 5)",
    "euc_kr": "Korean (EUC-KR)",
    "latin-1": "Western (Latin 1)",
}
_LATIN: Final = (
    "cp1252", "mac_roman", "cp1250", "cp850", "iso8859_2", "cp852", "mac_latin2", "cp1254",
)  # fmt: skip
_OTHERS: Final = (
    "cp1251", "koi8_r", "mac_cyrillic", "cp866", "cp1253", "cp932", "euc_jp", "gb18030", "big5",
    "euc_kr",
)  # fmt: skip
_LETTERS: Final = (
    "äöüßéàè",
    "éèêëàâçîïôûùœæ",
    "áéíóúñü",
    "àèéìòù",
    "éëïóöè",
    "áàâãçéêíóôõú",
    "ąćęłńóśźż",
    "åäöøæé",
    "áčďéěíňóřšťúůýž",
    "çğıöşü",
)
_MARKS: Final = frozenset("\u2013\u2014\u2018\u2019“”„\u201a…€•«»°§©®™£·¿¡ª²³½\u00d7→№\u00a0")
_SAMPLE_BYTES: Final = 200_000
_MOST_LOOKED_AT: Final = 3_000
_GOOD_ENOUGH: Final = 0.5


def guess(content: bytes) -> str:
    """Return the encoding, one of NAMES."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    # UTF-16 without its mark: every second byte of Latin text is zero.
    start = content[:2000]
    if len(start) > 3 and start[1::2].count(0) > len(start) // 3:
        return "utf-16-le"
    if len(start) > 3 and start[::2].count(0) > len(start) // 3:
        return "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return _guess_code_page(content)
    return "utf-8"


def decode(content: bytes, encoding: str) -> str:
    """Return the text; bytes that the encoding does not have become question marks."""
    if encoding not in NAMES:
        encoding = guess(content)
    return content.decode(encoding, errors="replace").removeprefix("\ufeff")


def _guess_code_page(content: bytes) -> str:
    sample = _foreign_lines(content)
    scores = {each: _score(sample, each) for each in _LATIN}
    best = max(_LATIN, key=lambda each: scores[each])
    if scores[best] >= _GOOD_ENOUGH:
        return best
    return _of_other_scripts(sample) or best


def _foreign_lines(content: bytes) -> bytes:
    """Return the lines that are not ASCII: only they tell encodings apart."""
    lines = [line for line in content[:_SAMPLE_BYTES].split(b"\n") if not line.isascii()]
    return b"\n".join(lines) or content[:_SAMPLE_BYTES]


def _of_other_scripts(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes  # noqa: PLC0415  # rarely needed, 10 MB

    found = from_bytes(sample, cp_isolation=[*_OTHERS, *_LATIN]).best()
    return found.encoding if found is not None and found.encoding in NAMES else None


def _score(sample: bytes, encoding: str) -> float:
    """Score how well a sample reads as Latin text; the mean of its non-ASCII letters, 1 at most."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return -9.0
    places = [place for place, each in enumerate(text) if ord(each) > 127][:_MOST_LOOKED_AT]
    if not places:
        return 0.0
    present = {text[place].lower() for place in places}
    # The letters of that language of which most are there.
    letters = max(_LETTERS, key=lambda each: sum(letter in present for letter in each))
    return sum(_score_of(text, place, letters) for place in places) / len(places)


def _score_of(text: str, place: int, letters: str) -> float:
    letter = text[place]
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if letter.isalpha():
        return _score_of_letter(letter, before, after, letters)
    if letter in "\u2018\u2019":
        return 0.8
    if letter in _MARKS:
        return -2.0 if before.isalpha() and after.isalpha() else 0.7
    return -5.0 if unicodedata.category(letter) in ("Cc", "Co", "Cn") else -1.0


def _score_of_letter(letter: str, before: str, after: str, letters: str) -> float:
    if letter.isupper() and before.islower():
        return -2.0
    if all(each.isalpha() and ord(each) > 127 for each in (before or "x", after or "x")):
        return -1.0
    if letter.lower() in letters:
        return 1.0
    return 0.3 if any(letter.lower() in each for each in _LETTERS) else -0.5
