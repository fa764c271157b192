"""Make addresses of this site, each once as `url_for` is slow, and check foreign ones.

An address that came with a request goes into an answer only through `safe_next`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus, urlsplit

from flask import current_app, request, url_for

if TYPE_CHECKING:
    from collections.abc import Mapping

SITE_ROOT: Final = "provision.site_root"
"""Where the environment keeps what stood before the path, without `/w/<workspace id>`."""

# Characters that stay as they are in a query, as in `url_for`.
_SAFE = "!$'()*,/:;?@"
# The paths of this site need no other characters, no escapes, no empty and no dotted segments.
_OWN_PATH: Final = re.compile(r"/|(/(?!\.\.?(/|$))[A-Za-z0-9._~-]+)+/?")
_LONGEST_NEXT: Final = 2_000


def address_of(endpoint: str, **values: Any) -> str:
    """Return the address of an endpoint; templates call this `url_for`."""
    if values or endpoint.startswith("."):
        return url_for(endpoint, **values)
    # What stands before the path, such as a workspace, is that of the request.
    kept: dict[str, str] = current_app.extensions.setdefault("paths", {})
    if endpoint not in kept:
        kept[endpoint] = url_for(endpoint).removeprefix(request.script_root)
    return request.script_root + kept[endpoint]


def asking(endpoint: str, query: Mapping[str, str]) -> str:
    """Return the address of a page that takes no path parameters, with `query`."""
    page = address_of(endpoint)
    if not query:
        return page
    return f"{page}?{'&'.join(f'{name}={_quoted(text)}' for name, text in query.items())}"


@lru_cache(maxsize=512)
def _quoted(text: str) -> str:
    return quote_plus(text, safe=_SAFE)


def safe_next(target: str | None) -> str | None:
    """Return `target` if it is a path of this site, with or without a query; else None.

    Browsers read a backslash as a slash, drop line breaks and tabs, and take `//host` for another
    site. So whatever is unusual in a path is refused, escapes included.
    """
    if not target or len(target) > _LONGEST_NEXT or not target.isprintable() or "\\" in target:
        return None
    path = re.split("[?#]", target, maxsplit=1)[0]
    return target if _OWN_PATH.fullmatch(path) else None


def present() -> str | None:
    """Return path and query of this request as the browser knows them; None if unusual."""
    return safe_next(request.script_root + request.full_path.rstrip("?"))


def site_root() -> str:
    """Return what stands before every path of this site, whatever workspace it is about."""
    found: str = request.environ.get(SITE_ROOT, request.script_root)
    return found


def path_of(address: str | None) -> str:
    """Return path and query of an address; empty for none and for what is none."""
    try:
        parts = urlsplit(address or "")
    except ValueError:  # such as an unclosed bracket: a header is whatever the client sends
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def is_of_api(path: str) -> bool:
    """Tell whether a path belongs to the API, which answers errors as JSON, too."""
    return path.startswith("/api/") or path == "/api"


def is_api_request() -> bool:
    """Tell whether the present request asks the API."""
    return is_of_api(request.path)
