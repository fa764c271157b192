"""The tokens of the style sheet in numbers: each light and dark, and text can be read."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from provision.web.answer.assets import content

ROOT = Path(__file__).resolve().parent.parent
CSS = content("site.css").decode()
TOKENS = ROOT / "static" / "css" / "base" / "tokens.css"
Rgb = tuple[float, float, float]

# Text on what it stands on: WCAG 2.2 AA asks 4.5 : 1.
TEXT = [
    *((ink, on) for ink in ("ink", "ink-2", "ink-3") for on in ("canvas", "sheet", "raised")),
    *((ink, "hover") for ink in ("ink", "ink-2", "ink-3")),
    *((ink, "tint") for ink in ("ink", "ink-2", "ink-3", "accent-text")),
    ("accent-text", "sheet"),
    ("accent-text", "tint-2"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-accent", "red"),
    ("red", "sheet"),
    ("red", "canvas"),
    ("red", "red-tint"),
    ("amber", "sheet"),
    ("amber", "amber-tint"),
    ("ink-2", "red-tint"),
    ("ink-2", "amber-tint"),
]
# Shapes that carry meaning and the edges of fields: 3 : 1.
SHAPES = [
    ("control", "sheet"),
    ("control", "raised"),
    ("accent", "sheet"),
    ("accent-2", "sheet"),
    ("red-fill", "sheet"),
    ("amber-fill", "sheet"),
    ("money", "track"),
]


def _linear_rgb(lightness: float, chroma: float, hue: float) -> Rgb:
    """Turn OKLCH into linear sRGB, clipped to what a screen shows (Ottosson 2020)."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return (min(max(red, 0), 1), min(max(green, 0), 1), min(max(blue, 0), 1))


def _colours() -> dict[str, tuple[Rgb, Rgb]]:
    number = r"([\d.]+)"
    colour = rf"oklch\({number} {number} {number}\)"
    found = re.findall(rf"--([\w-]+): light-dark\({colour}, {colour}\);", CSS)
    return {
        name: (
            _linear_rgb(*(float(part) for part in parts[:3])),
            _linear_rgb(*(float(part) for part in parts[3:])),
        )
        for name, *parts in found
    }


COLOURS = _colours()


def _contrast(one: Rgb, other: Rgb) -> float:
    bright, dim = sorted(
        (0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2] for c in (one, other)), reverse=True
    )
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_can_be_read(text: str, ground: str, theme: int) -> None:
    assert _contrast(COLOURS[text][theme], COLOURS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_can_be_told_from_their_ground(shape: str, ground: str, theme: int) -> None:
    assert _contrast(COLOURS[shape][theme], COLOURS[ground][theme]) >= 3


def test_colours_are_written_only_as_tokens() -> None:
    parts = (ROOT / "static" / "css").rglob("*.css")
    rules = "".join(path.read_text(encoding="utf-8") for path in parts if path != TOKENS)
    # The mask of the landing's picture is cut with opaque black, which is never seen.
    literal = re.findall(r"#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(", rules.replace("(#000 ", "("))
    assert literal == []


def test_every_token_that_is_used_is_defined() -> None:
    used = set(re.findall(r"var\(--([\w-]+)\)", CSS))
    assert used <= set(re.findall(r"--([\w-]+):", CSS))


def _classes(css: str) -> set[str]:
    """The names of all classes that rules are for."""
    selectors = re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", css, flags=re.DOTALL)
    return set(re.findall(r"\.([a-zA-Z][\w-]*)", selectors))


def _spoken_of() -> tuple[set[str], tuple[str, ...]]:
    """What stands between quotes in templates, scripts and the web layer; beginnings of names."""
    patterns = ("templates/**/*.html", "static/js/**/*.js", "provision/web/**/*.py")
    files = [path for pattern in patterns for path in ROOT.glob(pattern)]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    quoted = re.findall(r'"[^"\n]*"', text) + re.findall(r"'[^'\n]*'", text)
    words = set(re.findall(r"[\w-]+", " ".join(quoted)))
    return words, tuple(re.findall(r"([a-z][\w-]*-)(?:\{\{|' ~)", text))


# htmx sets these itself.
OF_HTMX = {"htmx-request", "htmx-swapping"}


@pytest.mark.parametrize("sheet", ["site.css", "styleguide.css"])
def test_no_rule_is_for_a_class_that_nothing_has(sheet: str) -> None:
    css = content(sheet).decode()
    words, beginnings = _spoken_of()
    unused = _classes(css) - words - OF_HTMX
    assert sorted(name for name in unused if not name.startswith(beginnings)) == []
