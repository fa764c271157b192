"""Convert descriptions from Markdown to HTML that can do no harm.

They are stored in the person's own database, where other programs write, too. So raw HTML is shown
as text, and a second library cleans what the parser makes and allows a few tags. Pages show it
through `prose` only, in an element that htmx ignores. Even an attribute that got past both would do
nothing there.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# The longest description that our form accepts. The parser's time for brackets that never close
# grows with the square of the length: 0.25 s for this many. Longer text is shown without Markdown.
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
    """Draw `text` for a page; htmx ignores its attributes, and its links load whole pages."""
    drawn = Markup('<div class="prose markdown" hx-disable hx-boost="false">{}</div>')
    return drawn.format(markdown(text))


def markdown(text: str) -> Markup:
    """Return the HTML of `text`: links to web and mail only, images as links, small headings."""
    if len(text) > _LONGEST:
        return Markup('<p class="prose-text">{}</p>').format(text)
    # Text from other programs may hold lone surrogates, which UTF-8 cannot encode.
    readable = text.encode(errors="replace").decode()
    return Markup(_cleaner()(_parser().render(readable)))  # noqa: S704  # cleaned, see above


@cache
def _parser() -> Any:
    """Make the parser when first needed: the libraries take a tenth of a second to load."""
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
    """Draw an image as a link to it: pages load nothing from other sites."""
    token = tokens[index]
    words = renderer.renderInlineAsText(token.children or [], options, env)
    address = token.attrGet("src")
    return Markup('<a href="{}">{}</a>').format(address, words or address)


def _lower_headings(state: Any) -> None:
    """Move headings below those of the page: `#` becomes `h3`, and `h5` is the lowest."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 5)}"
