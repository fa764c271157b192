"""`/styleguide`: every part of the design system in every state, both themes side by side.

It exists in the demo alone (`application` registers it there). It shows nothing of anybody, but
like every page it is for those who are signed in.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final, NamedTuple

from flask import Blueprint, Response, url_for

from provision.web.answer.assets import content
from provision.web.answer.partials import leave_for, respond

bp = Blueprint("styleguide", __name__, url_prefix="/styleguide")

_TOKEN: Final = re.compile(
    r"^--([\w-]+): light-dark\(oklch\((.+?)\), oklch\((.+?)\)\);", re.MULTILINE
)
_SYMBOL: Final = re.compile(r'<symbol id="([\w-]+)"')
# A surface is told from what stands on it; shadows are shown by what they are under.
_GROUPS: Final = {
    "Surfaces": ("canvas", "sheet", "raised", "sunken", "hover", "line"),
    "Ink": ("ink", "ink-2", "ink-3", "control", "money", "line-2"),
    "Accent, spruce": ("accent", "accent-hover", "accent-text", "accent-2", "tint", "tint-2"),
    "Meaning": ("red", "red-fill", "red-tint", "amber", "amber-fill", "amber-tint"),
}


class Swatch(NamedTuple):
    """A colour by its name, and its `L C H` in the light and at night."""

    name: str
    light: str
    dark: str


@bp.get("")
def page() -> Response:
    """Show all of it."""
    return respond(
        "styleguide/page.html",
        groups=_swatches(),
        icons=_icons(),
        back=url_for(".page"),
    )


@bp.post("")
def nothing() -> Response:
    """Send the browser back to the page: its forms do nothing."""
    return leave_for(url_for(".page"))


@cache
def _swatches() -> dict[str, list[Swatch]]:
    css = content("site.css").decode()
    found: dict[Any, Swatch] = {each[1]: Swatch(*each.groups()) for each in _TOKEN.finditer(css)}
    return {group: [found[name] for name in names] for group, names in _GROUPS.items()}


@cache
def _icons() -> list[str]:
    sprite = content("icons.svg").decode()
    return _SYMBOL.findall(sprite)
