"""Finds names with values in objects, arrays and calls of program code, and in XML.

JSON, Python, JavaScript, PHP, Ruby, Go, Java, C#: `name: value`, `name=value`, `'name' => value`.
Nothing is run or looked up.
"""

from __future__ import annotations

import re
from typing import Final

from provision.tenant.dsn.named.values import Named, unescaped

_TOKEN: Final = re.compile(
    r"(?P<string>[rbfuRBFU@$]{0,2}(?P<quote>\"\"\"|'''|[\"'`\u201c\u201d\u2018\u2019]))"
    r"|(?P<sign>=>|:=|[:=](?!=))|(?P<open>[\[({])|(?P<close>[\])}])|(?P<comma>[,;\n])"
    r"|(?P<comment>#[^\n]*|//[^\n]*)|(?P<word>[^\s\"'`,;:=\[\](){}]+)|(?P<other>.)",
    re.DOTALL,
)
_CLOSING: Final = {"\u201c": "\u201d", "\u2018": "\u2019"}
_PLAIN_WORD: Final = re.compile(r"[A-Za-z0-9_-]*|[0-9.]+")
_ATTRIBUTE: Final = re.compile(
    r"(?P<name>[A-Za-z_:][\w:.-]{0,60})\s{0,8}=\s{0,8}(?P<quote>[\"'])(?P<value>.*?)(?P=quote)",
    re.DOTALL,
)
_ELEMENT: Final = re.compile(r"<(?P<name>[A-Za-z][\w.-]{0,60})>(?P<value>[^<>]*)</(?P=name)>")
_ENTITIES: Final = {"&amp;": "&", "&quot;": '"', "&apos;": "'", "&lt;": "<", "&gt;": ">"}


def of_code(body: str) -> list[Named]:
    """Return every name with its value, and strings without a name, in order."""
    return _Code(body).read()


def of_markup(body: str) -> list[Named]:
    """Return attributes and elements of XML with their text."""
    found = []
    for each in (*_ATTRIBUTE.finditer(body), *_ELEMENT.finditer(body)):
        value = re.sub(r"&[a-z]{2,4};", lambda at: _ENTITIES.get(at[0], at[0]), each["value"])
        line = body.count("\n", 0, each.start()) + 1
        found.append(Named(each["name"], value, line, is_quoted=True))
    return found


class _Code:
    """Reads tokens in order; holds the name that waits for its value."""

    def __init__(self, body: str) -> None:
        self._body = body
        self._found: list[Named] = []
        self._places: list[str] = []
        self._line = 1
        self._name = ""
        self._awaits_value = False
        self._words: list[str] = []

    def read(self) -> list[Named]:
        """Return what the text holds, in order."""
        at = 0
        while (token := _TOKEN.match(self._body, at)) is not None:
            at = token.end()
            if token["string"]:
                text, at = self._string(at, token["quote"])
                self._take_string(text)
            elif token["sign"]:
                self._take_sign()
            elif token["open"]:
                self._open()
            elif token["word"]:
                self._take_word(token["word"])
            elif token["comma"] or token["close"]:
                self._end_value()
                if token["close"] and self._places:
                    self._places.pop()
            self._line += self._body.count("\n", token.start(), at)
        self._end_value()
        return self._found

    def _string(self, at: int, quote: str) -> tuple[str, int]:
        closing = _CLOSING.get(quote, quote)
        start = at
        while at < len(self._body):
            if self._body[at] == "\\" and quote not in _CLOSING:
                at += 2
            elif self._body.startswith(closing, at):
                return unescaped(self._body[start:at]), at + len(closing)
            else:
                at += 1
        return unescaped(self._body[start:]), len(self._body)

    def _take_string(self, text: str) -> None:
        place = self._places[-1] if self._places else ""
        if self._awaits_value:
            value = "".join([*self._words, text])
            self._found.append(Named(self._name, value, self._line, place, is_quoted=True))
            self._forget()
        else:
            self._found.append(Named("", text, self._line, place, is_quoted=True))
            self._name = text

    def _take_sign(self) -> None:
        if not self._name:
            return
        # The string before was a name and no value of its own.
        last = self._found[-1] if self._found else None
        if last is not None and not last.name and last.value == self._name:
            self._found.pop()
        self._awaits_value, self._words = True, []

    def _open(self) -> None:
        if self._awaits_value and self._words:
            # What a call returns is not known.
            call = "".join(self._words)
            self._found.append(Named(self._name, call, self._line, is_reference=True))
        inherited = self._places[-1] if self._places else ""
        self._places.append(self._name or inherited)
        self._forget()

    def _take_word(self, word: str) -> None:
        if self._awaits_value:
            self._words.append(word)
        else:
            self._name = word.lstrip(":$@")

    def _end_value(self) -> None:
        if self._awaits_value and self._words:
            value = "".join(self._words)
            place = self._places[-1] if self._places else ""
            is_reference = _PLAIN_WORD.fullmatch(value) is None
            self._found.append(Named(self._name, value, self._line, place, is_reference))
        self._forget()

    def _forget(self) -> None:
        self._name, self._awaits_value, self._words = "", False, []
