r"""How the database compares text: as `nouns/folding` does, whatever locale and encoding it has.

Nothing has to be installed in the database: no extension, no collation of ICU. What is looked for
becomes a regular expression that names every form of each letter: that is several times as fast as
to fold the columns. What rows are ordered by is folded in SQL. Its text is ASCII alone, and
`normalize`, which is for UTF-8 only, is reached on no server of another encoding.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    Integer,
    LargeBinary,
    Text,
    bindparam,
    case,
    cast,
    collate,
    func,
    literal_column,
    select,
)

from provision.nouns.folding import FOLDED, MARKS, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import ColumnElement, Connection, Select

# A cursor holds the key, which must be short then; titles and names have no more letters.
_KEY_LETTERS: Final = 200
# A number of up to so many digits is ordered by its value.
_DIGITS: Final = 10
# Stands for what no text of this database can hold.
_NOWHERE: Final = "\x01\x01"
_UTF_8: Final = "UTF8"
_BYTES: Final = "SQL_ASCII"
# Python's names of PostgreSQL's encodings. In those not listed a letter of ASCII has no forms.
_CODECS: Final[Mapping[str, str]] = {
    _UTF_8: "utf-8",
    _BYTES: "utf-8",
    **{
        f"LATIN{number}": f"iso8859-{part}"
        for number, part in enumerate((1, 2, 3, 4, 9, 10, 13, 14, 15, 16), start=1)
    },
    **{f"ISO_8859_{part}": f"iso8859-{part}" for part in range(5, 9)},
    **{f"WIN{number}": f"cp{number}" for number in (866, 874, *range(1250, 1259))},
    "KOI8R": "koi8-r",
    "KOI8U": "koi8-u",
    "EUC_JP": "euc_jp",
    "EUC_KR": "euc_kr",
    "EUC_CN": "gb2312",
}
# PostgreSQL takes seconds over some thousands; what agrees so far has been found.
_MOST_LETTERS: Final = 300
_IS_SIGN: Final = re.compile(r"[!-/:-@\[-`{-~]").fullmatch
_BLANKS: Final = tuple(each for each in map(chr, range(0x3001)) if each.isspace())
# A run of `s` is spelt out with each `ß` that it may hold; a longer one is taken more loosely.
_MOST_SPELT_OUT: Final = 6
# What a word may begin after, whatever PostgreSQL takes for a letter in its locale.
_BEFORE_WORDS: Final = r"(?:^|[\s!-/:-@\[-`{-~])"


def _forms() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for letter, plain in FOLDED.items():
        if plain:
            found[plain].append(letter)
    return dict(found)


_FORMS: Final = _forms()
_DOUBLE: Final = {plain: forms for plain, forms in _FORMS.items() if len(plain) > 1}
_BEGINNING: Final = {
    letter: [form for plain, forms in _DOUBLE.items() if plain[0] == letter for form in forms]
    for letter in {plain[0] for plain in _DOUBLE}
}
_ENDING: Final = {
    letter: [form for plain, forms in _DOUBLE.items() if plain[-1] == letter for form in forms]
    for letter in {plain[-1] for plain in _DOUBLE}
}


def encoding_of(conn: Connection) -> str:
    """Return PostgreSQL's name for the encoding of the database, which it told at log-in."""
    driver: Any = conn.connection.driver_connection
    return driver.info.parameter_status("server_encoding") or _UTF_8


def within(text: str, encoding: str) -> str:
    """Write a regular expression of PostgreSQL for what holds `text` when both are folded."""
    return _pattern(fold(text)[:_MOST_LETTERS], encoding, True)


def at_start(text: str, encoding: str) -> str:
    """Write a regular expression for what begins with `text`."""
    return f"^{_pattern(fold(text), encoding, False)}"


def at_word_start(text: str, encoding: str) -> str:
    """Write a regular expression for what holds a word that begins with `text`."""
    return f"{_BEFORE_WORDS}{_pattern(fold(text), encoding, False)}"


def matches(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    """Test a column with such a regular expression."""
    return column.op("~", is_comparison=True)(bindparam(parameter, type_=Text))


@lru_cache(maxsize=512)
def _pattern(folded: str, encoding: str, is_within: bool) -> str:
    """Write the pattern; `is_within`: its first letter may be the second of one that is two."""
    writer = _Writer(encoding)
    runs = list(_runs(folded))
    last = len(runs) - 1
    try:
        parts = [
            writer.run(run, is_first=is_within and place == 0, is_last=place == last)
            for place, run in enumerate(runs)
        ]
    except UnicodeEncodeError:
        return _NOWHERE
    return writer.marks.join(parts)


def _runs(folded: str) -> Iterator[str]:
    """Cut the text into letters, pairs that may be one letter, and runs of `s`."""
    at = 0
    while at < len(folded):
        end = at + 1
        if folded[at] == "s":
            while folded[end : end + 1] == "s":
                end += 1
        elif folded[at : at + 2] in _DOUBLE:
            end += 1
        yield folded[at:end]
        at = end


class _Writer:
    """Writes letters as a database of one encoding compares them.

    Raises UnicodeEncodeError for what this encoding cannot hold.
    """

    def __init__(self, encoding: str) -> None:
        self._codec = _CODECS.get(encoding, "ascii")
        self._is_bytes = encoding == _BYTES
        self.marks = _marks(encoding)

    def run(self, run: str, *, is_first: bool, is_last: bool) -> str:
        if len(run) == 1:
            return self._letter(run, is_first=is_first, is_last=is_last)
        if len(run) > _MOST_SPELT_OUT:
            least = (len(run) + 1) // 2
            one = self._one_of([run[0], *_FORMS[run[0]], *_BEGINNING[run[0]]])
            return f"(?:{one}{self.marks}){{{least},{len(run)}}}"
        return self._any_of(
            self.marks.join(
                self._letter(
                    part,
                    is_first=is_first and place == 0,
                    is_last=is_last and place == len(parts) - 1,
                )
                for place, part in enumerate(parts)
            )
            for parts in _spellings(run)
            if len(parts) == len(run) or any(self._has(part) for part in parts if len(part) > 1)
        )

    def _letter(self, plain: str, *, is_first: bool, is_last: bool) -> str:
        if plain == " ":
            return f"{self._one_of(_BLANKS)}+"
        if len(plain) > 1:
            return self._one_of(_FORMS[plain])
        plain.encode(self._codec)
        forms = [plain, *_FORMS.get(plain, ())]
        if plain not in _FORMS and not plain.isascii():
            forms += [plain.upper(), plain.title(), unicodedata.normalize("NFD", plain)]
        if is_first:
            forms += _ENDING.get(plain, ())
        if is_last:
            forms += _BEGINNING.get(plain, ())
        return self._one_of(forms)

    def _has(self, plain: str) -> bool:
        return any(map(self._can_hold, _FORMS[plain]))

    def _one_of(self, forms: Iterable[str]) -> str:
        held = list(dict.fromkeys(form for form in forms if self._can_hold(form)))
        single = [form for form in held if len(form) == 1]
        if self._is_bytes or len(single) < len(held) or len(held) == 1:
            return self._any_of(map(_escaped, held))
        return f"[{''.join(map(_escaped, single))}]"

    @staticmethod
    def _any_of(patterns: Iterable[str]) -> str:
        each = list(patterns)
        return each[0] if len(each) == 1 else f"(?:{'|'.join(each)})"

    def _can_hold(self, text: str) -> bool:
        try:
            text.encode(self._codec)
        except UnicodeEncodeError:
            return False
        return True


def _spellings(run: str) -> list[list[str]]:
    """Return all ways to write a run with single letters and with letters that are two."""
    if not run:
        return [[]]
    found = [[run[0], *rest] for rest in _spellings(run[1:])]
    if run[:2] in _DOUBLE:
        found += [[run[:2], *rest] for rest in _spellings(run[2:])]
    return found


def _marks(encoding: str) -> str:
    """Write the pattern of the accents that may follow a letter."""
    if encoding == _UTF_8:
        return rf"[\u{MARKS.start:04x}-\u{MARKS.stop - 1:04x}]*"
    # In a database without an encoding each byte is a letter.
    return r"(?:\u00cc[\u0080-\u00bf]|\u00cd[\u0080-\u00af])*" if encoding == _BYTES else ""


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if _IS_SIGN(letter) else letter for letter in text)


def alphabetical(name: ColumnElement[Any]) -> ColumnElement[str]:
    """Return what names are ordered by: folded, with numbers by their value, and cut off.

    It is compared letter by letter, whatever the locale. What the app writes is cut only where it
    holds many numbers.
    """
    # Each step is a select of its own, which OFFSET keeps apart: the next reads it several times.
    given = _step(name, "given").correlate(*name._from_objects).subquery("given")  # noqa: SLF001
    padded = _step(_padded(given.c.given), "padded").subquery("padded")
    folded = _step(_folded(padded.c.padded), "folded").subquery("folded")
    key = func.left(folded.c.folded, literal_column(str(_KEY_LETTERS), Integer), type_=Text)
    return collate(select(key).scalar_subquery(), "C")


def _step(value: ColumnElement[Any], name: str) -> Select[Any]:
    return select(value.label(name)).offset(literal_column("0", Integer))


def _padded(name: ColumnElement[Any]) -> ColumnElement[Any]:
    """Put zeros before numbers; the usual case of one number is done without what is slow."""
    number = func.substring(name, _literal("[0-9]+"))
    length = func.greatest(literal_column(str(_DIGITS), Integer), func.length(number))
    one = func.regexp_replace(name, _literal("[0-9]+"), func.lpad(number, length, _literal("0")))
    most = _replaced(name, "([0-9]+)", "0" * _DIGITS + r"\1")
    most = _replaced(most, f"0{{0,{_DIGITS}}}([0-9]{{{_DIGITS},}})", r"\1")
    return case(
        (name.op("!~", is_comparison=True)(_literal("[0-9]")), name),
        (name.op("!~", is_comparison=True)(_literal("[0-9][^0-9]+[0-9]")), one),
        else_=most,
    )


def _folded(name: ColumnElement[Any]) -> ColumnElement[Any]:
    return case(
        (_ENCODING.in_([_literal(_UTF_8)]), _folded_utf_8(name)),
        *(
            (_ENCODING.in_(list(map(_literal, encodings))), _without_accents(name, codec))
            for codec, encodings in _SINGLE_BYTE.items()
        ),
        else_=func.lower(name),
    )


_ENCODING: Final = func.getdatabaseencoding(type_=Text)
_SINGLE_BYTE: Final = {
    "iso8859-1": ("LATIN1", "LATIN9", "WIN1252"),
    "iso8859-2": ("LATIN2", "WIN1250"),
}
# Capitals that `lower` leaves as they are where the locale is C, and letters that are like others.
_LETTERS: Final = (
    range(0x80, 0x180),
    range(0x391, 0x3C3),
    range(0x400, 0x430),
    range(0x490, 0x491),
)
_TWO: Final = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
_ONE: Final = {
    letter: FOLDED[letter]
    for block in _LETTERS
    for letter in map(chr, block)
    if len(FOLDED.get(letter, "")) == 1 and unicodedata.normalize("NFD", letter) == letter
} | {"Æ": "æ", "Œ": "œ", "Þ": "þ", "\u1e9e": "ß"}


def _folded_utf_8(name: ColumnElement[Any]) -> ColumnElement[Any]:
    marks = rf"[\u{MARKS.start:04x}-\u{MARKS.stop - 1:04x}]+"
    plain = func.lower(_replaced(func.normalize(name, literal_column("NFD")), marks, ""))
    spelt = _translated(plain, _ONE)
    for letter, two in _TWO.items():
        spelt = func.replace(spelt, _text_of(letter), _literal(two))
    others = "".join(f"\\u{ord(letter):04x}" for letter in (*_ONE, *_TWO))
    return case(
        (func.octet_length(name) == func.char_length(name), func.lower(name)),
        # `translate` compares each letter with all that it knows.
        (name.op("~", is_comparison=True)(_literal(f"[{others}]")), spelt),
        else_=plain,
    )


def _without_accents(name: ColumnElement[Any], codec: str) -> ColumnElement[Any]:
    """Fold text in an encoding of one byte a letter; `normalize` is not for those."""
    letters = bytes(range(0xC0, 0x100)).decode(codec)
    plain = {each: FOLDED[each] for each in letters if len(FOLDED.get(each, "")) == 1}
    return func.replace(_translated(func.lower(name), plain), _text_of("ß"), _literal("ss"))


def _replaced(text: ColumnElement[Any], pattern: str, by: str) -> ColumnElement[Any]:
    return func.regexp_replace(text, _literal(pattern), _literal(by), _literal("g"))


def _translated(text: ColumnElement[Any], letters: Mapping[str, str]) -> ColumnElement[Any]:
    return func.translate(text, _text_of("".join(letters)), _text_of("".join(letters.values())))


def _text_of(letters: str) -> ColumnElement[str]:
    """Return letters that the statement holds as bytes: it is read before they are."""
    if letters.isascii():
        return _literal(letters)
    encoded = _literal(rf"\x{letters.encode().hex()}")
    return func.convert_from(cast(encoded, LargeBinary), _literal(_UTF_8), type_=Text)


def _literal(text: str) -> ColumnElement[str]:
    # Not a parameter: what is the same in each statement belongs to its text.
    return literal_column(f"'{text}'", Text)
