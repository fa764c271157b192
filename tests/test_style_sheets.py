"""How the parts of the style sheets are written: declarations, distances, layers, order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

import pytest

_CSS: Final = Path(__file__).resolve().parent.parent / "static" / "css"
_LISTS: Final = ("site.css", "styleguide.css")
_PARTS: Final = sorted(str(path.relative_to(_CSS)) for path in _CSS.glob("*/*.css"))
_TOKENS: Final = "base/tokens.css"
_MOST_LINES: Final = 250
_MOST_FILES: Final = 14
each_part = pytest.mark.parametrize("part", _PARTS)

_DISTANCES: Final = re.compile(
    r"(scroll-)?(margin|padding)(-\w+)*|inset(-\w+)*|top|right|bottom|left|((row|column)-)?gap"
    r"|translate"
)
_SIZES: Final = re.compile(
    r"((min|max)-)?(width|height)|flex(-basis)?|grid-(template|auto)-(columns|rows)"
)
# On no step and no half step, each moved by eye to where it looks right.
_BY_EYE_PX: Final = {1, 3, 5, 7, 9, 11, 13, 15, 27}
# The scale ends here. What is larger is the width or height of one thing and not a distance.
_SCALE_ENDS_PX: Final = 96
# Toasts start beside the sidebar; the search hangs below the top.
_LARGE_DISTANCES: Final = {("inset-inline-start", 260), ("margin-top", 120)}


class Declaration(NamedTuple):
    """A declaration as it is written in a part."""

    line: int
    name: str
    value: str


def _text(part: str) -> str:
    return (_CSS / part).read_text(encoding="utf-8")


def _lines(part: str) -> list[str]:
    """The lines of a part; comments are empty ones."""
    blank = re.sub(
        r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), _text(part), flags=re.DOTALL
    )
    return [line if line.strip() else "" for line in blank.split("\n")]


def _declarations(part: str) -> list[Declaration]:
    found, name, value, start = [], "", "", 0
    for number, line in enumerate(_lines(part), 1):
        begins = re.match(r"\s+([\w-]+):(?: (.*))?$", line)
        if begins and not name and not line.endswith(("{", ",")):
            name, value, start = begins[1], begins[2] or "", number
        elif name:
            value += " " + line.strip()
        if name and line.endswith(";"):
            found.append(Declaration(start, name, value.strip().removesuffix(";")))
            name = ""
    assert name == ""
    return found


def _pixels(value: str) -> list[float]:
    return [abs(float(each)) for each in re.findall(r"(?<![\w.-])(-?\d*\.?\d+)px", value)]


@pytest.mark.parametrize("name", _LISTS)
def test_a_list_names_parts_that_are_there_and_nothing_else(name: str) -> None:
    listed = re.findall(r'^@import "(.+)";$', _text(name), re.MULTILINE)
    assert len(listed) == len(set(listed)) == _text(name).count("@import")
    assert set(listed) <= set(_PARTS)
    rest = re.sub(r'/\*.*?\*/|@import ".+";', "", _text(name), flags=re.DOTALL)
    assert rest.strip() == ""


def test_every_part_is_in_one_list() -> None:
    listed = [part for name in _LISTS for part in re.findall(r'@import "(.+)";', _text(name))]
    assert sorted(listed) == _PARTS
    assert len(_PARTS) > 40


def test_a_folder_can_be_taken_in_at_a_glance() -> None:
    for folder in {Path(part).parent for part in _PARTS}:
        assert len(list((_CSS / folder).iterdir())) <= _MOST_FILES, folder


@each_part
def test_a_part_says_what_it_is_and_is_short(part: str) -> None:
    lines = _text(part).splitlines()
    assert re.fullmatch(r"/\* .+[.] \*/", lines[0])
    assert lines[1] == ""
    assert [line for line in lines if line != line.rstrip()] == []
    assert len(lines) <= _MOST_LINES


@each_part
def test_each_declaration_and_each_brace_has_its_line(part: str) -> None:
    for number, line in enumerate(_lines(part), 1):
        where = (part, number, line)
        assert line.count(";") <= 1, where
        assert line.strip() in ("", "}") or line.endswith(("{", ",", ";", ":")), where
        assert "{" not in line[:-1], where
    assert len(_declarations(part)) == sum(line.endswith(";") for line in _lines(part))


@each_part
def test_layers_have_names(part: str) -> None:
    for each in _declarations(part):
        if each.name == "z-index":
            assert re.fullmatch(r"var\(--layer-[\w-]+\)", each.value), (part, each)


@each_part
def test_distances_and_sizes_are_steps_of_the_scale(part: str) -> None:
    if part == _TOKENS:
        return
    for each in _declarations(part):
        is_distance = _DISTANCES.fullmatch(each.name) is not None
        if not is_distance and not _SIZES.fullmatch(each.name):
            continue
        for px in _pixels(each.value):
            where = (part, each)
            if px > _SCALE_ENDS_PX:
                assert not is_distance or (each.name, px) in _LARGE_DISTANCES, where
            else:
                assert px in _BY_EYE_PX, where


def test_the_scale_is_steps_of_four_pixels_and_their_halves() -> None:
    steps = re.findall(r"--space(-\d+)?(-half)?: (\d+)px;", _text(_TOKENS))
    assert len(steps) > 30
    for whole, half, px in steps:
        assert int(px) == 4 * int(whole.strip("-") or 0) + (2 if half else 0)


def test_layers_are_written_from_below_upwards() -> None:
    layers = [int(number) for number in re.findall(r"--layer-[\w-]+: (\d+);", _text(_TOKENS))]
    assert len(layers) > 10
    assert layers == sorted(layers)


def test_every_token_is_used() -> None:
    text = "".join(_text(part) for part in _PARTS)
    defined = set(re.findall(r"^  (--[\w-]+):", _text(_TOKENS), re.MULTILINE))
    assert sorted(name for name in defined if f"var({name})" not in text) == []
