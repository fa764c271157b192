"""Finds names with their values in text of any notation, without knowing what they mean.

It reads lines itself: `.env`, properties, YAML, INI, labels with their fields, tables. Objects and
calls it leaves to `objects`. Nothing is run or looked up.
"""

from __future__ import annotations

import re
from typing import Final

from provision.tenant.dsn.named import names
from provision.tenant.dsn.named.marks import BEGINS_STRING, QUOTES, ZERO_WIDTH
from provision.tenant.dsn.named.objects import of_code, of_markup
from provision.tenant.dsn.named.values import REFERENCE, Named, paired

_EDGES: Final = " \t\u00a0" + ZERO_WIDTH
_LINE: Final = re.compile(
    r"(?P<declared>(?:export|setx?|let|const|var|ENV|final|val|String|static|public|private|def)\s+"
    r"|\$env:|--|[$@:])*"
    r"(?P<quote>[\"'\u201c\u2018]?)(?P<name>[A-Za-z_][\w.\-/ ()]{0,60}?)[\"'\u201d\u2019]?"
    r"\s*(?P<sign>:=|=>|=|:(?!//)|\t|\|(?=\s)|(?<=\s)[-\u2013\u2014](?=\s))\s*(?P<value>.*)\Z"
)
_BULLET: Final = re.compile(
    r"(?:[-*+\u2022\u00b7\u2013\u2014\u25cf\u25aa\u2023>]|[0-9]{1,2}[.)])\s+"
)
_COMMENT: Final = re.compile(r"\s+(?:#|//|--)\s.*\Z|\s+#.*\Z")
_AFTER_QUOTE: Final = re.compile(r"\s*[;,]?\s*(?:(?:#|//|--).*)?\Z")
_SECTION: Final = re.compile(r"\[+(?P<name>[^\[\]]{1,60})\]+\Z")
_REFERENCE: Final = re.compile(
    r"(?:process\.env|import\.meta|os\.|env\(|getenv|System\.|ENV\[|Rails\.|config\(|var\.|local\."
    r"|data\.|aws_|azurerm_|google_|module\.|secrets?\.|!secret|!Ref|!Sub|settings\.|env\.|decouple"
    r"|\$\{\{?[^{}]*\}\}?\Z|<%|\{\{|\$\(|os\.environ|Deno\.|Bun\.|fs\.|str\(|int\(|config\.|\*\w+\Z)"
)
_OBJECT: Final = re.compile(r"(?:[\"'][\w .-]{1,60}[\"']\s*(?::|=>)\s*)?[^\n\"'{(\[]{0,120}[{(\[]")
# PHP's define('NAME', 'value') and os.environ['NAME'] = 'value', $db['hostname'] = 'value'.
_DEFINED: Final = re.compile(
    r"define\(\s*[\"'](?P<name>\w{1,60})[\"']\s*,\s*(?P<value>.*)\)\s*;?\Z"
)
_SUBSCRIPT: Final = re.compile(
    r"[$\w.>-]{1,40}(?:\[[\"']?\w{1,40}[\"']?\]){0,3}\[[\"'](?P<name>\w{1,60})[\"']\]\s*=(?!>)\s*"
    r"(?P<value>[^\[{(].*)\Z"
)
_ESCAPED: Final = re.compile(r"\\([\"\\$`])")
_ESCAPED_SINGLE: Final = re.compile(r"\\(['\\])")
_NUMBER: Final = re.compile(r"[0-9]+[,;]\Z")


def find(body: str) -> list[Named]:
    """Return every name with its value, in order; empty where there is none."""
    if body.lstrip().startswith("<") and ("=" in body or "</" in body):
        return paired(of_markup(body))
    if _is_object(body):
        found = of_code(body)
        if found:
            return paired(found)
    return paired(_of_lines(body))


def unread_lines(body: str, found: list[Named]) -> list[int]:
    """Return the numbers of lines with text in them that no name was found on."""
    seen = {each.line for each in found}
    return [
        number
        for number, line in enumerate(body.split("\n"), 1)
        if line.strip(_EDGES) and number not in seen and not _is_nothing(line.strip(_EDGES))
    ]


def _is_nothing(line: str) -> bool:
    return line.startswith(("#", "//", "---", "```", "|--", "/*", "*/", "<!--")) or not any(
        each.isalnum() for each in line
    )


def _is_object(body: str) -> bool:
    """Tell whether brackets hold the names together: an object, a call, an array."""
    text = body.strip()
    if _DEFINED.match(text.partition("\n")[0]):
        return False
    opened = _OBJECT.match(text)
    if opened is None or "://" in opened[0] or text.rstrip(" \n;,")[-1:] not in (")", "}", "]"):
        return False
    first = _LINE.match(text.partition("\n")[0])
    meant = names.meaning(first["name"]) if first else None
    # `PASSWORD=a(b)` is a line, `connection: {` is the beginning of an object.
    if first and meant and meant.kind not in ("url", "engine", "other"):
        return first["value"][:1] in ("{", "[", "(")
    return any(each in text for each in "=:,")


def _of_lines(body: str) -> list[Named]:
    reader = _Lines(body)
    for number, raw in enumerate(body.split("\n"), 1):
        line = _without_marks(raw)
        if line and not _is_nothing(line):
            reader.read(number, line, len(raw) - len(raw.lstrip()))
    return reader.found


class _Lines:
    """Reads lines in order; a label that stands alone has its value on the next line."""

    def __init__(self, body: str) -> None:
        self.found: list[Named] = []
        self._places: list[tuple[int, str]] = []
        self._section = ""
        self._label = ""
        self._indent = 0
        lines = [each.rstrip() for each in body.split("\n") if each.strip()]
        ends = sum(each.endswith((",", ";")) for each in lines)
        self._is_code = len(lines) > 1 and ends * 2 >= len(lines)

    def read(self, number: int, line: str, indent: int) -> None:
        """Take one line: a section, a label, or names with their values."""
        header = _SECTION.match(line)
        if header:
            self._section, self._label = header["name"], ""
            return
        label, self._label = self._label, ""
        is_nested = indent > self._indent and _LINE.match(line) is not None
        self._indent = indent
        if label and not is_nested and not _is_label(line) and not _has_known_name(line):
            self.found.append(Named(label, line, number, self._section))
            return
        assigned = _DEFINED.match(line) or _SUBSCRIPT.match(line)
        if assigned:
            self.found.append(_as_named(assigned["name"], assigned["value"], number, self._section))
            return
        pieces = _pieces(line)
        for piece in pieces:
            self._read_piece(number, piece, indent, is_alone=len(pieces) == 1)

    def _read_piece(self, number: int, piece: str, indent: int, *, is_alone: bool) -> None:
        if BEGINS_STRING.match(piece):
            self.found.append(Named("", piece, number))
            return
        pair = _LINE.match(piece)
        if pair is None:
            if is_alone and _is_label(piece):
                self._label = piece.rstrip(":* ")
            return
        value = pair["value"].strip(_EDGES)
        self._places = [each for each in self._places if each[0] < indent]
        if not value or (value.startswith(("&", "#")) and pair["sign"] == ":"):
            self._places.append((indent, pair["name"]))
            if not value and names.meaning(pair["name"]):
                self._label = pair["name"] if pair["sign"] == ":" else ""
            return
        place = self._places[-1][1] if self._places else self._section
        self.found.append(_named(pair, number, place, is_code=self._is_code))


def _has_known_name(line: str) -> bool:
    pair = _LINE.match(line)
    return pair is not None and names.meaning(pair["name"]) is not None


def _without_marks(raw: str) -> str:
    """Take bullets, emphasis and the bars of a table off a line."""
    line = raw.strip(_EDGES)
    while bullet := _BULLET.match(line):
        line = line[bullet.end() :].strip(_EDGES)
    if line[:1] == "|" and line[-1:] == "|" and line.count("|") > 2:
        name, _, value = line.strip("|").partition("|")
        line = f"{name.strip(_EDGES)}\t{value.strip(_EDGES)}"
    if line.startswith(("**", "__")):
        line = line[2:].replace(":**", ":", 1).replace("**", "", 1).replace("__", "", 1)
    whole = QUOTES.get(line[:1])
    if whole and QUOTES.get(line.rstrip(",")[-1:]) == whole and len(line) > 2:
        inner = line.rstrip(",")[1:-1]
        if not any(QUOTES.get(each) == whole for each in inner):
            line = inner  # - "NAME=value"
    return line


def _is_label(line: str) -> bool:
    found = names.meaning(line.rstrip(":* "))
    return found is not None and found.kind != "other"


def _pieces(line: str) -> list[str]:
    """Split `Host: h, Port: 5432` at what separates names that are known."""
    cuts = [(0, 0)]
    for between in re.finditer(
        r"(?:[,;|]\s{0,8}|\s{1,8})(?=[A-Za-z\"'][\w \"'-]{0,30}?\s*[:=](?!//))", line
    ):
        following = _LINE.match(line, between.end())
        if following is None or between.start() <= cuts[-1][1]:
            continue
        known = names.meaning(following["name"])
        if known and " " not in following["name"].strip() and known.kind != "other":
            cuts.append((between.start(), between.end()))
    if len(cuts) == 1:
        return [line]
    first = _LINE.match(line)
    if first is None or names.meaning(first["name"]) is None or "://" in line.partition(" ")[0]:
        return [line]
    ends = [*(start for start, _ in cuts[1:]), len(line)]
    return [line[start:end].strip(_EDGES) for (_, start), end in zip(cuts, ends, strict=True)]


def _named(pair: re.Match[str], number: int, place: str, *, is_code: bool) -> Named:
    is_code = is_code or bool(pair["declared"]) or pair["sign"] in ("=>", ":=")
    return _as_named(pair["name"], pair["value"], number, place, is_code=is_code)


def _as_named(name: str, raw: str, number: int, place: str, *, is_code: bool = True) -> Named:
    value = raw.strip(_EDGES)
    quote = QUOTES.get(value[:1], "`" if value[:1] == "`" else "")
    end = _closing(value, quote) if quote else 0
    if end:
        inner = value[1:end]
        if quote == '"':
            inner = _ESCAPED.sub(r"\1", inner)  # as a shell does; any other \ is a character
        elif is_code:
            inner = _ESCAPED_SINGLE.sub(r"\1", inner)
        return Named(name, inner, number, place, is_quoted=True)
    whole, value = value, _COMMENT.sub("", value).strip(_EDGES)
    is_cut = value != whole
    if is_code or _NUMBER.match(value):
        value = value.rstrip(";,")
    return Named(name, value, number, place, REFERENCE.match(value) is not None, is_cut=is_cut)


def _closing(value: str, quote: str) -> int:
    """Return where the quote that opens a value is closed with nothing behind it; 0 if nowhere."""
    for at in range(1, len(value)):
        each = value[at]
        is_quote = QUOTES.get(each, "`" if each == "`" else "") == quote
        if is_quote and _AFTER_QUOTE.match(value, at + 1) and value[at - 1] != "\\":
            return at
    return 0
