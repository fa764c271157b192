"""Convert descriptions from Markdown to HTML that can do no harm.

They are stored in the person's own database, where other programs write, too. So raw HTML is shown
as text, and a second library cleans what the parser makes and allows a few tags. Pages show it
through `prose` only, in an element that htmx ignores. Even an attribute that got past both would do
nothing there.
"""

from __future__ import annotations

import re
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
        *("input", "label"),
        *("table", "tbody", "td", "th", "thead", "tr"),
    )
)
_ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "input": {"checked"},
    "ol": {"start"},
}
_BOX: Final = re.compile(r"\[([ xX])\] (?=\S)")
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

    parser: Any = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": True})
    parser.enable(["strikethrough", "table", "linkify"])
    # `shop.example` without a scheme is no link: file names such as `notes.md` look the same.
    parser.linkify.set({"fuzzy_link": False, "fuzzy_email": True}).add("ftp:", None).add("//", None)
    # Not mdit-py-plugins: its time grows with the square of the items, 3.8 s for 1,200 of them.
    parser.core.ruler.push("boxes", _draw_boxes)
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
        # The box of `- [ ] one`, whatever else stood on it.
        set_tag_attribute_values={"input": {"disabled": "disabled", "type": "checkbox"}},
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


def _draw_boxes(state: Any) -> None:
    """Draw `[ ]` and `[x]` at the beginning of a list's item as a box that cannot be ticked."""
    from markdown_it.token import Token  # noqa: PLC0415

    for before, paragraph, inline in zip(
        state.tokens, state.tokens[1:], state.tokens[2:], strict=False
    ):
        if (before.type, paragraph.type) != ("list_item_open", "paragraph_open"):
            continue
        box = _BOX.match(inline.content)
        first = inline.children[0] if inline.children else None
        if box is None or first is None or not first.content.startswith(box[0]):
            continue
        first.content = first.content[len(box[0]) :]
        is_checked = " checked" if box[1] in "xX" else ""
        opened = f'<label><input type="checkbox" disabled{is_checked}> '
        inline.children.insert(0, Token("html_inline", "", 0, content=opened))
        inline.children.append(Token("html_inline", "", 0, content="</label>"))


def _lower_headings(state: Any) -> None:
    """Move headings below those of the page: `#` becomes `h3`, and `h5` is the lowest."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 5)}"
