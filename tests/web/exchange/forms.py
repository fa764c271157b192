"""An import as a browser goes through it."""

from __future__ import annotations

import io
import re
from html import unescape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.web.conftest import Visitor

PATH = "/settings/exchange/rows"


def upload(visitor: Visitor, content: str | bytes, kind: str = "tasks") -> TestResponse:
    """Send a file."""
    raw = content.encode() if isinstance(content, str) else content
    return visitor.post_form(PATH, {"kind": kind, "file": (io.BytesIO(raw), "rows.csv")})


def fields(page: TestResponse) -> dict[str, str]:
    """Return what the form on the page would send if nothing were changed."""
    form = page.text.partition('id="exchange"')[2].partition("</form>")[0]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        kind, name, value = (_attribute(tag, each) for each in ("type", "name", "value"))
        if name and (kind not in ("checkbox", "radio") or " checked" in tag):
            found[name] = value
    for name, text in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL
    ):
        found[name] = unescape(text)
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form):
        found[unescape(name)] = unescape("".join(re.findall(r'value="([^"]*)" selected', options)))
    return found


def go_on(visitor: Visitor, page: TestResponse, **changes: Any) -> TestResponse:
    """Press Import, with what was changed before."""
    return visitor.post_form(PATH, fields(page) | {"do": "import"} | changes)


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return unescape(found[1]) if found else ""
