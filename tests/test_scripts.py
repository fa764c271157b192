"""How the scripts are written: modules, joined into one; one listener for each event."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from provision.web.answer.assets import content

_JS: Final = Path(__file__).resolve().parent.parent / "static" / "js"
_LISTED: Final = re.findall(
    r'^import "\./(.+)";$', (_JS / "site.js").read_text(encoding="utf-8"), re.MULTILINE
)
# Fetched by the pages that need them, each as it is.
_ALONE: Final = ("board.js", "list.js", "password.js")
_MOST_LINES: Final = 250
each_part = pytest.mark.parametrize("part", _LISTED)
each_module = pytest.mark.parametrize("module", [*_LISTED, *_ALONE])

# What the browser and htmx give; everything else a part declares or imports.
_GIVEN: Final = re.findall(
    r"\w+",
    """
    AbortController Boolean CSS DOMParser Date Element Event FormData HTMLDialogElement
    HTMLInputElement Intl JSON Map Math Node Number Object Option PointerEvent Promise Set String
    URL WeakMap
    clearTimeout document fetch getSelection history localStorage location matchMedia navigator
    print reportError sessionStorage setTimeout undefined window
    htmx
    """,
)
_WORDS: Final = re.findall(
    r"\w+",
    """
    async await break case catch const continue delete do else export false finally for from
    function if import in instanceof let new null of return switch this throw true try typeof void
    while
    """,
)
_LITERAL: Final = re.compile(
    r"""`[^`\n]*`|"(?:[^"\\\n]|\\.)*"|(?:(?<=[=(,\[!|&]\s)|(?<=[=(,\[!]))/(?:[^/\\\n]|\\.)+/\w*"""
)


def _text(module: str) -> str:
    return (_JS / module).read_text(encoding="utf-8")


def _code(module: str) -> str:
    """The text without comments, strings and regular expressions; what `${}` holds stays."""
    text = re.sub(r"^\s*//.*$|/\*.*?\*/", "", _text(module), flags=re.MULTILINE)
    plain = _LITERAL.sub(_without_words, text)
    assert "`" not in plain, "a template has one line, so that its blanks are its own"
    return plain


def _without_words(literal: re.Match[str]) -> str:
    holes = re.findall(r"\$\{([^}]*)\}", literal[0]) if literal[0].startswith("`") else []
    return "(" + re.sub(r'"[^"]*"', "0", ", ".join(["0", *holes])) + ")"


def _top_level(module: str) -> list[str]:
    """The names that a part declares outside of any function."""
    declared = re.findall(r"^(?:export )?(?:const|let) ([^=;]+)", _code(module), re.MULTILINE)
    return [name.strip() for names in declared for name in names.split(",")]


def _exported(module: str) -> set[str]:
    return set(re.findall(r"^export (?:const|let) (\w+)", _text(module), re.MULTILINE))


def _imported(module: str) -> dict[str, set[str]]:
    found = re.findall(r'^import \{ (.+) \} from "\./(.+)";$', _text(module), re.MULTILINE)
    return {f"site/{source}": set(names.split(", ")) for names, source in found}


def _used(module: str) -> set[str]:
    """The names that stand by themselves: no members, no keys, no words of the language."""
    code = re.sub(r"^import .*$", "", _code(module), flags=re.MULTILINE)
    names = re.findall(r"(?:(?<![.\w$])|(?<=\.\.\.))[A-Za-z_]\w*\b(?!:)", code)
    return set(names) - set(_WORDS)


def _declared(module: str) -> set[str]:
    """The names that a part gives a meaning anywhere: by const or let, or as a parameter."""
    code = _code(module)
    places = [
        *re.findall(r"\b(?:const|let) ([^=;]+?)(?: =|;| of\b)", code),
        *re.findall(r"(\((?:[^()]|\([^()]*\))*\)|\w+) =>", code),
        *re.findall(r"catch \((\w+)\)", code),
    ]
    return set(re.findall(r"[A-Za-z_]\w*", " ".join(places)))


def test_every_part_is_listed_once() -> None:
    assert sorted(_LISTED) == sorted(f"site/{path.name}" for path in (_JS / "site").iterdir())
    assert len(set(_LISTED)) == len(_LISTED) > 14
    rest = re.sub(r'^(//.*|import "\./.+";)$', "", _text("site.js"), flags=re.MULTILINE)
    assert rest.strip() == ""


@each_module
def test_a_module_says_what_it_is_and_is_short(module: str) -> None:
    lines = _text(module).splitlines()
    assert lines[0].startswith("// ")
    assert len(lines) <= _MOST_LINES


@each_part
def test_a_part_imports_what_parts_before_it_give(part: str) -> None:
    before = _LISTED[: _LISTED.index(part)]
    imports = re.findall(r"^import .*$", _text(part), re.MULTILINE)
    assert len(imports) == len(_imported(part)), "one form alone is joined"
    for source, names in _imported(part).items():
        assert source in before, source
        assert names <= _exported(source), source
        assert names <= _used(part), f"{source} is imported in vain"


def test_names_of_parts_differ_as_they_share_one_scope() -> None:
    names = [name for part in _LISTED for name in _top_level(part)]
    assert sorted(names) == sorted(set(names))
    assert len(names) > 30


@each_module
def test_a_module_uses_no_name_that_nobody_gave_it(module: str) -> None:
    imported = {name for names in _imported(module).values() for name in names}
    assert sorted(_used(module) - _declared(module) - imported - set(_GIVEN)) == []


def test_what_a_part_exports_is_used_by_another() -> None:
    imported = {
        (source, name)
        for each in _LISTED
        for source, names in _imported(each).items()
        for name in names
    }
    exported = {(part, name) for part in _LISTED for name in _exported(part)}
    assert exported == imported


def test_one_listener_on_the_document_serves_each_event() -> None:
    listening = r"(?<![\w.])((?:document|window|body)\.)?addEventListener\(([^,]+),"
    places = [
        (str(path.relative_to(_JS)), *found)
        for path in _JS.rglob("*.js")
        for found in re.findall(listening, path.read_text(encoding="utf-8"))
    ]
    assert sorted(places) == [
        # Before htmx's own, which it puts on the window.
        ("site/covering.js", "window.", '"popstate"'),
        ("site/events.js", "document.", "name"),
        ("site/forms.js", "window.", '"pageshow"'),
    ]


@each_part
def test_a_part_listens_once_to_an_event(part: str) -> None:
    heard = re.findall(r'^(on|onCapture)\("([\w:]+)"', _text(part), re.MULTILINE)
    assert len(heard) == len(set(heard))


def test_the_joined_script_has_all_code_and_nothing_of_modules() -> None:
    joined = content("site.js").decode()
    assert joined.startswith('(() => {\n"use strict";\n')
    assert joined.endswith("\n})();")
    assert not re.search(r"^(import|export) ", joined, re.MULTILINE)
    for part in _LISTED:
        code = [line for line in _text(part).splitlines() if not re.match(r"\s*//|import |$", line)]
        assert "\n".join(line.removeprefix("export ") for line in code) in joined, part
        assert f"\n// ./{part}\n" in joined
