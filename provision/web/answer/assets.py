"""Find templates and static files, and serve static files at addresses with their digest.

Each file of `_JOINED` is served as one but kept in parts, which its list names in order. The app
joins them when it starts, without comments.
"""

from __future__ import annotations

import base64
import hashlib
import posixpath
import re
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flask import current_app, send_file, send_from_directory

from provision.web.answer.urls import site_root

if TYPE_CHECKING:
    from flask import Response

_PACKAGE = Path(__file__).resolve().parents[2]
_YEAR_S: Final = 31_536_000
_JOINED: Final = {
    "site.css": "css/site.css",
    "styleguide.css": "css/styleguide.css",
    "site.js": "js/site.js",
}
_PART: Final = re.compile(r'^@?import "([\w./-]+)";$', re.MULTILINE)
_CSS_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
# What is removed from a JavaScript module: imports, exports, and lines that are only a comment.
_JS_MODULE: Final = re.compile(r"^(import .*;|\s*//.*|export (?=const |let ))", re.MULTILINE)
# What `asset` puts into a name: `site.0123456789ab.css`.
_DIGEST: Final = re.compile(r"\.([0-9a-f]{12})(?=\.\w+$)")


def folder(name: str) -> Path:
    """Return a folder that is shipped with the code: from the checkout, else from the package.

    The checkout comes first because an editable install has a stale copy in the package.
    """
    checkout = _PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    return _PACKAGE / name


def join() -> None:
    """Join all parts now, so that a missing part stops the start and not a page."""
    for path in _JOINED:
        _joined(path)


def content(path: str) -> bytes:
    """Return what is served of a static file, by its path without a digest."""
    return _joined(path) if path in _JOINED else (folder("static") / path).read_bytes()


def asset(path: str) -> str:
    """Return the address of a static file, with a digest of its content in the name."""
    # Put together by hand: a page asks for some hundred icons, and `url_for` is slow.
    return f"{site_root()}{current_app.static_url_path}/{_named(path)}"


def plain_path(filename: str) -> str:
    """Return the path of a static file asked for: in one spelling, without its digest."""
    return _DIGEST.sub("", posixpath.normpath(filename))


def send(filename: str) -> Response:
    """Answer with a static file, to be kept for a year if the address names this content.

    An address with another digest comes from a page of another version. It gets the present file,
    which browsers then do not keep.
    """
    path = plain_path(filename)
    if path in _JOINED:
        response = send_file(BytesIO(content(path)), download_name=path, etag=_digest(path))
    else:
        response = send_from_directory(folder("static"), path)
    if posixpath.normpath(filename) == _named(path):
        response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
    return response


@cache
def integrity(path: str) -> str:
    """Return the subresource-integrity value of a static file."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content(path)).digest()).decode()


@cache
def _joined(path: str) -> bytes:
    listed = folder("static") / _JOINED[path]
    names = _PART.findall(listed.read_text(encoding="utf-8"))
    parts = {name: (listed.parent / name).read_text(encoding="utf-8") for name in names}
    return (_joined_scripts(parts) if path.endswith(".js") else _joined_sheets(parts)).encode()


def _joined_sheets(parts: dict[str, str]) -> str:
    lines = (line.strip() for line in _CSS_COMMENT.sub("", "\n".join(parts.values())).splitlines())
    return "\n".join(line for line in lines if line)


def _joined_scripts(parts: dict[str, str]) -> str:
    """Join modules into one scope, in which their names differ; a comment names each."""
    texts = (f"// {name}\n{_JS_MODULE.sub('', text)}" for name, text in parts.items())
    lines = ("(() => {", '"use strict";', *"\n".join(texts).splitlines(), "})();")
    return "\n".join(line for line in lines if line)


@cache
def _named(path: str) -> str:
    stem, dot, suffix = path.rpartition(".")
    return f"{stem}.{_digest(path)[:12]}{dot}{suffix}"


@cache
def _digest(path: str) -> str:
    return hashlib.sha256(content(path)).hexdigest()
