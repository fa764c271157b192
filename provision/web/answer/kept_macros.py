"""Call the macros of a template, and keep what the pure ones draw: a page has a hundred of them.

A macro is pure if what it draws depends on its arguments alone, and on what stands before paths;
`tests/web/answer/test_kept_macros.py` holds that. Fields are not kept: their text may be a secret.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, cast

from flask import request

from provision.web.answer.kept import Kept
from provision.web.answer.urls import site_root

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from jinja2.environment import TemplateModule
    from markupsafe import Markup

MOST_BYTES: Final = 4 * 1024 * 1024
PURE: Final = {
    "_ui.html": (
        *("icon", "mark", "status_disc", "status", "heard", "priority", "due", "avatar", "badge"),
        *("gauge", "progress_disc", "button", "choices", "filter_select"),
    ),
    "_fixed.html": ("side_lists", "keys", "spare_parts"),
}
"""The pure macros of each template."""
WITH_LINKS: Final = frozenset({"_fixed.html"})
"""The templates whose pure macros link to pages, which are below the workspace; files are not."""
_TEXT: Final = {str}


class KeptMacros:
    """The macros of a template as attributes."""

    def __init__(self, module: TemplateModule, name: str) -> None:
        kept = Kept[Any](MOST_BYTES)
        root = _page_root if name in WITH_LINKS else site_root
        for macro_name, macro in vars(module).items():
            is_pure = macro_name in PURE[name]
            setattr(self, macro_name, _keeping(macro_name, macro, kept, root) if is_pure else macro)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def _page_root() -> str:
    return request.script_root


def _keeping(
    name: str, macro: Callable[..., Markup], kept: Kept[Any], root: Callable[[], str]
) -> Callable[..., Markup]:
    def draw(*args: Any, **named: Any) -> Markup:
        key = (name, root(), _fixed(args), _fixed(named) if named else ())
        (found,) = kept.look((key,))
        if found is None:
            found = macro(*args, **named)
            # An avatar shows two letters of a name of any length.
            size = sys.getsizeof(found) + _text_bytes(args) + _text_bytes(named)
            kept.keep([(key, found, size)])
        drawing: Markup = found
        return drawing

    return draw


def _fixed(value: object) -> Hashable:
    """Return a key for an argument, in which its type counts.

    Markup is equal to the same plain text, which would be escaped; True is equal to 1.
    """
    kind = type(value)
    if kind is str:
        return cast("str", value)  # no tuple, as all else is
    if kind is dict:
        named = cast("dict[str, object]", value)
        return (kind, *((name, _fixed(each)) for name, each in named.items()))
    if kind in (list, tuple):
        parts = cast("list[object]", value)
        if set(map(type, parts)) == _TEXT:
            return (kind, *parts)  # as below, with less work: choices of selects are pairs of text
        return (kind, *map(_fixed, parts))
    return kind, value


def _text_bytes(value: object) -> int:
    """Return how much memory the text in an argument takes."""
    if isinstance(value, str):
        return sys.getsizeof(value)
    if isinstance(value, dict):
        return sum(_text_bytes(each) for each in value.values())
    if isinstance(value, list | tuple):
        return sum(map(_text_bytes, value))
    return 0
