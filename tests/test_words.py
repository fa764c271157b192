"""The package is written in plain words: docstrings begin with a verb, and metaphors stay out."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).parent.parent
_PACKAGE = _ROOT / "provision"

# A docstring says what a function does: its first word is a verb, in its base form.
_NO_VERBS = frozenset(
    (
        *("What", "Who", "Whose", "Whether", "How", "Where", "Why", "Which", "That", "When", "If"),
        *("The", "A", "An", "This", "These", "Those", "All", "Every", "Each", "One", "Its", "It"),
        *("Of", "In", "On", "For", "From", "To", "By", "As", "With", "At", "Without", "Below"),
        *("No", "None", "Nothing", "Only", "Everything"),
    )
)
_VERBS_IN_S = frozenset({"Pass", "Process", "Address", "Compress", "Bypass", "Discuss", "Guess"})

# The field has its own terms: lease, wait in the queue, use up, fail, close.
_METAPHORS = re.compile(
    r"(?<!\w)(doom\w*|grant(s|ed|ing)?|loan\w*|visit(s|ed|ing)?|burn(s|ed|t|ing)?|unmet|unsteady"
    r"|left alone|in trouble|let(s|ting)? go of|good no more"
    r"|in turns?|(its|their|takes?) turns?)(?!\w)",
    re.IGNORECASE,
)
# PostgreSQL's own statement, and the list of passwords that people choose.
_SQL = re.compile(r"\bGRANT\b")
_TEXTS = {".py", ".html", ".md", ".sql", ".js", ".css", ".toml", ".json", ".txt"}


def _functions(source: str) -> Iterator[tuple[int, str]]:
    """Yield line and docstring of each function that has one."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            words = ast.get_docstring(node)
            if words:
                yield node.lineno, words


def _begins_with_a_verb(docstring: str) -> bool:
    first = docstring.split(maxsplit=1)[0].strip(".,:;`'\"")
    if not first.isalpha() or not first[0].isupper() or first in _NO_VERBS:
        return False
    return not first.endswith("s") or first in _VERBS_IN_S


def _metaphors(text: str) -> list[str]:
    return [found[0] for found in _METAPHORS.finditer(_SQL.sub("", text))]


def _pages() -> list[Path]:
    folders = (_PACKAGE, _ROOT / "templates", _ROOT / "docs", _ROOT / "static")
    return [
        path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.suffix in _TEXTS and not {"vendor", "common_passwords"} & set(path.parts)
    ]


@pytest.mark.parametrize(
    ("docstring", "is_plain"),
    [
        ("Return the tasks due before `day`.", True),
        ("Pass the request on.", True),
        ("What is due before `day`.", False),
        ("The tasks due before `day`.", False),
        ("Returns the tasks.", False),
        ("`day` in words.", False),
        ("160 random bits.", False),
    ],
)
def test_a_first_word_is_told_from_a_verb(docstring: str, is_plain: bool) -> None:
    assert _begins_with_a_verb(docstring) == is_plain


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("the store in trouble", ["in trouble"]),
        ("A loan, once granted, is left alone.", ["loan", "granted", "left alone"]),
        ("each waits its turn", ["its turn"]),
        ("run GRANT USAGE ON SCHEMA; it is granted", ["granted"]),
        ("turn two-factor off, burner, visitors", []),
    ],
)
def test_a_metaphor_is_told_from_a_term(text: str, found: list[str]) -> None:
    assert _metaphors(text) == found


def test_docstrings_of_functions_begin_with_a_verb() -> None:
    known, wrong = 0, []
    for path in sorted(_PACKAGE.rglob("*.py")):
        for line, words in _functions(path.read_text(encoding="utf-8")):
            known += 1
            if not _begins_with_a_verb(words):
                wrong.append(f"{path.relative_to(_ROOT)}:{line}: {words.splitlines()[0]}")
    assert known > 1_000
    assert wrong == []


def test_no_metaphor_stands_for_a_term_of_the_field() -> None:
    pages = _pages()
    assert len(pages) > 400
    wrong = {
        str(path.relative_to(_ROOT)): found
        for path in pages
        if (found := _metaphors(path.read_text(encoding="utf-8")))
    }
    assert wrong == {}


def test_no_file_is_named_by_a_metaphor() -> None:
    names = [
        path.name for folder in ("provision", "tests") for path in (_ROOT / folder).rglob("*.py")
    ]
    assert [name for name in names if _metaphors(name.replace("_", " "))] == []
