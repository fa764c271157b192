"""Names of people and projects as other tools write them: lists, links, `Last, First`."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from provision.nouns.fields import FieldError
from provision.web.exchange.columns.questions import Question, filled
from provision.web.exchange.words import folding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provision.tenant.transfer.arriving import Names

# No list of names is longer. Some of the patterns take time by the square of the length.
_LONGEST_CELL: Final = 4_000
_LINK: Final = re.compile(r"\[([^\[\]]{1,200})\]\([^()]{0,500}\)")
_ADDRESS: Final = re.compile(r"[^\s@<>(),;:\"\[\]]+@[^\s@<>(),;:\"\[\]]+\.[^\s@<>(),;:\"\[\].]+")
_SOURCE: Final = re.compile(r"\s*\((?:https?:|\.\.?/|[^()]*(?:%20|\.md))[^()]*\)")
_BRACKETED: Final = re.compile(r"\s*[(<\[][^()<>\[\]]*[)>\]]")
_PARTS: Final = re.compile(r"[;\n\r|]|\s(?:&|\+|/|and|und|et)\s")
_COMMA: Final = re.compile(r",(?![^(<\[]*[)>\]])")
_NOBODY: Final = folding.listed(
    """
        unassigned, none, nobody, no one, no assignee, n a, null, not assigned, nicht
        zugewiesen, niemand, keine, keiner, non assigne, personne, aucun, sin asignar, nadie,
        ninguno, non assegnato, nessuno, niet toegewezen, geen, nao atribuido, ninguem, nenhum,
        nieprzypisane, nieprzypisany, brak, nikt"""
)


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or something by name; `id` is set where it is here already.

    `guessed_by` is what the file says where the name is only taken to be meant.
    """

    name: str = ""
    email: str = ""
    id: str | None = None
    guessed_by: str = ""

    @property
    def key(self) -> str:
        """Return what is the same for all that mean the same."""
        return self.email.casefold() or folding.name(self.name)


@dataclass(slots=True)
class Directory:
    """Who or what is known; `unknown` are those that were looked for in vain, by their key."""

    what: str
    exact: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    folded: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    firsts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    by_email: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, Named] = field(default_factory=dict)

    def enter(self, row: Names) -> None:
        """Add somebody or something that is here."""
        name = row.name.strip()
        plain = folding.name(name)
        self.names[row.id] = name
        self.exact[name].add(row.id)
        for each in {plain, folding.word(name), plain.replace(" ", "")} - {""}:
            self.folded[each].add(row.id)
        self.firsts[plain.split(" ")[0]].add(row.id)
        if row.email:
            email = row.email.strip().casefold()
            self.by_email[email] = row.id
            self.firsts[email.partition("@")[0]].add(row.id)

    def find(self, named: Named, preferred: str | None = None) -> Named:
        """Return it with its id where it is known; `preferred` goes before its namesakes.

        Raises FieldError where several go by the name.
        """
        known = self.by_email.get((named.email or named.name).casefold())
        if known:
            return Named(self.names[known], named.email, known)
        found = self._by_name(named.name)
        if preferred in found:
            found = {str(preferred)}
        if len(found) > 1:
            raise FieldError(
                f"More than one {self.what} is called {named.name}. Rename one of them first."
            )
        if found:
            return Named(named.name, named.email, next(iter(found)))
        if len(named.name) > 200 or any(ord(letter) < 32 for letter in named.name):
            raise FieldError("A name has 200 characters at most, on one line.")
        return named

    def knows(self, name: str) -> bool:
        """Return whether anybody goes by a name or address."""
        return bool(self._by_name(name)) or name.casefold() in self.by_email

    def by_handle(self, handle: str) -> str | None:
        """Return the name of the only one with that first name or start of an address."""
        found = self.firsts.get(folding.name(handle), set())
        return self.names[next(iter(found))] if len(found) == 1 else None

    def ask_for(self, named: Named) -> None:
        """Remember who or what is not here."""
        if named.key and not named.id:
            self.unknown.setdefault(named.key, named)

    def _by_name(self, name: str) -> set[str]:
        for each in (name, _turned(name)):
            found = (
                self.exact.get(each)
                or self.folded.get(folding.name(each))
                or self.folded.get(folding.word(each))
            )
            if found:
                return found
        return set()


@dataclass(frozen=True, slots=True)
class PeopleColumn:
    """Takes the cells of one column apart; `are_turned`: `Lind, Eva` is one person."""

    directory: Directory
    are_turned: bool

    def read(self, cell: str) -> list[Named]:
        """Return the people that a cell names, in their order."""
        text = cell.strip()
        if text.startswith("[") and text.endswith("]") and "](" not in text:
            text = text[1:-1]
        if len(text) > _LONGEST_CELL:
            return [Named(text)]
        plain = folding.undecorated(text)
        if not plain or folding.word(plain) in _NOBODY or not folding.word(plain):
            return []
        if self.directory.knows(plain):
            return [Named(plain)]
        found = [
            self._one(piece)
            for part in _PARTS.split(text)
            for piece in self._pieces(part, is_listed=";" in text or "\n" in text)
            if folding.word(piece) and folding.word(piece) not in _NOBODY
        ]
        return list({each.key: each for each in found if each.key}.values())

    def _pieces(self, part: str, *, is_listed: bool) -> list[str]:
        """Split a part into names; in a list with semicolons, a comma is part of a name."""
        pieces = [each.strip() for each in _COMMA.split(part) if each.strip()]
        is_one = self.are_turned or (is_listed and "@" not in part)
        if len(pieces) == 2 and (is_one or self.directory.knows(part.strip())):
            return [_turned(part)]
        return pieces

    def _one(self, piece: str) -> Named:
        text = _LINK.sub(r"\1", piece)
        if found := _ADDRESS.search(text.replace("mailto:", "")):
            email = found[0].strip(".")
            name = _BRACKETED.sub("", _ADDRESS.sub("", text.replace("mailto:", "")))
            name = name.strip(" <>()\"'[]")
            return Named(name or email, email)
        text = folding.undecorated(_SOURCE.sub("", text).strip(" \"'"))
        if not self.directory.knows(text) and _BRACKETED.search(text):
            text = _BRACKETED.sub("", text).strip() or text
        text = text.lstrip("@")
        if " " not in text and not self.directory.knows(text):
            # A handle or a first name: taken for the only one who may be meant, and said.
            known = self.directory.by_handle(text)
            return Named(known, guessed_by=text) if known else Named(text)
        return Named(text)


def people_column(
    place: int,
    heading: str,
    texts: Sequence[str],
    directory: Directory,
    answers: Mapping[str, str],
) -> tuple[PeopleColumn, Question | None]:
    """Return the reader of a column, and what has to be asked about its commas."""
    cells = filled(texts)
    doubtful = [each for each in cells if _may_be_turned(each, directory)]
    if not doubtful:
        return PeopleColumn(directory, are_turned=False), None
    singles = {folding.name(each) for each in cells if "," not in each}
    parts = {folding.name(part) for each in doubtful for part in each.split(",")}
    singles |= {each for each in parts if directory.by_handle(each)}
    is_turned = len(doubtful) == len([each for each in cells if "," in each]) and not (
        singles & parts or any(directory.knows(part) for part in parts)
    )
    name = f"people-{place}"
    chosen = answers.get(name)
    if chosen not in ("one", "several"):
        chosen = "one" if is_turned else "several"
    question = Question(
        name,
        f"{heading}: {doubtful[0][:60]} is",
        (("one", f"one person: {_turned(doubtful[0])[:60]}"), ("several", "two people")),
        chosen,
    )
    return PeopleColumn(directory, are_turned=chosen == "one"), question


def _may_be_turned(text: str, directory: Directory) -> bool:
    """Tell whether a text may be `Last, First` as well as two people."""
    parts = [each.strip() for each in text.split(",")]
    if len(parts) != 2 or not all(parts) or "@" in text or directory.knows(text):
        return False
    return not any(_PARTS.search(each) or "(" in each or "[" in each for each in parts) and any(
        " " not in each for each in parts
    )


def _turned(name: str) -> str:
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if comma and "," not in first else name.strip()


@dataclass(frozen=True, slots=True)
class ProjectColumn:
    """Takes the cells of one column apart; a comma parts them where the column shows that."""

    directory: Directory
    alone: frozenset[str]

    def read(self, cell: str) -> list[Named]:
        """Return the projects that a cell names, in their order."""
        if len(cell) > _LONGEST_CELL:
            return [Named(cell)]
        text = folding.undecorated(_SOURCE.sub("", _LINK.sub(r"\1", cell.strip())))
        if not text or folding.word(text) in ("none", "null", "no project", "n a", ""):
            return []
        if self.directory.knows(text):
            return [Named(text)]
        for mark in (";", "\n", ","):
            parts = [folding.undecorated(each) for each in text.split(mark) if each.strip()]
            if len(parts) > 1 and (mark != "," or all(map(self._stands_alone, parts))):
                return [Named(each) for each in parts if each]
        return [Named(" ".join(text.split()))]

    def _stands_alone(self, part: str) -> bool:
        return folding.name(part) in self.alone or self.directory.knows(part)


def project_column(texts: Sequence[str], directory: Directory) -> ProjectColumn:
    """Return the reader of a column of projects."""
    alone = (folding.name(folding.undecorated(each)) for each in filled(texts) if "," not in each)
    return ProjectColumn(directory, frozenset(alone))
