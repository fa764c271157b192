"""Where templates and static files lie, and addresses of static files that name their content."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from flask import current_app, request

_PACKAGE = Path(__file__).resolve().parent.parent


def folder(name: str) -> Path:
    """A folder shipped beside the code: in a checkout beside pyproject.toml, else in the package.

    The checkout comes first because an editable install holds a stale copy in the package.
    """
    checkout = _PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    return _PACKAGE / name


def asset(path: str) -> str:
    """The address of a static file, with a digest of its content as a query."""
    # Put together by hand: a page asks for some hundred icons, and `url_for` is slow.
    return f"{request.script_root}{current_app.static_url_path}/{path}?v={_digest(path)[:12]}"


@cache
def integrity(path: str) -> str:
    """The subresource-integrity value of a static file."""
    content = (folder("static") / path).read_bytes()
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


@cache
def _digest(path: str) -> str:
    return hashlib.sha256((folder("static") / path).read_bytes()).hexdigest()
