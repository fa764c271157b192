"""Descriptions as people wrote them, in Markdown, turned into HTML that can do no harm.

What is written stands in the person's own database, where other programs write too. So raw HTML
is text, and what the parser makes is cleaned once more by a second library that allows a few tags.
Pages show it by `prose` alone: inside an element that htmx leaves alone, so that even an attribute
that slipped through both would do nothing.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# As long as a description written here may be. Brackets that never close take the parser time that
# grows with the square of the length: 0.25 s for so many, and what is longer is shown as text.
_LONGEST: Final = 10_000
_TAGS: Final = frozenset(
    (
        *("a", "br", "code", "del", "em", "s", "strong"),
        *("blockquote", "h3", "h4", "h5", "hr", "li", "ol", "p", "pre", "ul"),
        *("table", "tbody", "td", "th", "thead", "tr"),
    )
)
_ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES: Final = frozenset({"http", "https", "mailto"})


def prose(text: str) -> Markup:
    """Draw `text` for a page: htmx ignores all that is in it, and its links load whole pages."""
    drawn = Markup('<div class="prose markdown" hx-disable hx-boost="false">{}</div>')
    return drawn.format(markdown(text))


def markdown(text: str) -> Markup:
    """The HTML of `text`: links to web and mail addresses only, images as links, small headings."""
    if len(text) > _LONGEST:
        return Markup('<p class="prose-text">{}</p>').format(text)
    # Text from other programs may hold halves of characters, which no UTF-8 can carry.
    readable = text.encode(errors="replace").decode()
    return Markup(_cleaner()(_parser().render(readable)))  # noqa: S704  # cleaned, see above


@cache
def _parser() -> Any:
    """Made when first needed: the libraries take a tenth of a second to load."""
    from markdown_it import MarkdownIt  # noqa: PLC0415

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True})
    parser.enable(["strikethrough", "table"])
    parser.add_render_rule("image", _image)
    parser.core.ruler.push("lower_headings", _lower_headings)
    return parser


@cache
def _cleaner() -> Callable[[str], str]:
    from nh3 import Cleaner  # noqa: PLC0415

    cleaner = Cleaner(
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer nofollow",
    )
    return cleaner.clean


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Drop a link into the page around it: it would open that page's dialogs."""
    return None if (tag, name) == ("a", "href") and value.lstrip().startswith("#") else value


def _image(renderer: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    """A link to the image: pages load nothing from elsewhere."""
    token = tokens[index]
    words = renderer.renderInlineAsText(token.children or [], options, env)
    address = token.attrGet("src")
    return Markup('<a href="{}">{}</a>').format(address, words or address)


def _lower_headings(state: Any) -> None:
    """Below the headings of the page: `#` is a third level, and there are three levels in all."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 5)}"
