"""Static files: joined from their parts, at addresses that name their content."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from provision.web.answer import assets
from provision.web.answer.assets import content, folder

if TYPE_CHECKING:
    from flask import Flask

    from tests.web.conftest import Visitor

SHEETS = ("site.css", "styleguide.css")
JOINED = (*SHEETS, "site.js")


def _address(app: Flask, path: str) -> str:
    with app.test_request_context("/"):
        return assets.asset(path)


@pytest.mark.parametrize("path", [*JOINED, "icons.svg", "vendor/htmx.org@2.0.11/htmx.min.js"])
def test_a_file_is_served_at_an_address_that_names_its_content(
    app: Flask, stranger: Visitor, path: str
) -> None:
    address = _address(app, path)
    stem, _, suffix = path.rpartition(".")
    assert re.fullmatch(rf"/static/{re.escape(stem)}\.[0-9a-f]{{12}}\.{suffix}", address)
    answer = stranger.raw("GET", address)
    assert answer.status_code == 200
    assert answer.data == content(path)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    kinds = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    assert answer.mimetype == kinds[suffix]
    again = stranger.raw("GET", address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "immutable" in again.headers["Cache-Control"]
    part = stranger.raw("GET", address, headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.data) == (206, content(path)[2:6])


@pytest.mark.parametrize("path", [*JOINED, "icons.svg"])
def test_what_another_version_named_comes_as_it_is_now_and_is_not_kept(
    stranger: Visitor, path: str
) -> None:
    stem, _, suffix = path.rpartition(".")
    for name in (path, f"{stem}.0123456789ab.{suffix}", f"./{path}"):
        answer = stranger.raw("GET", f"/static/{name}")
        assert (answer.status_code, answer.data) == (200, content(path)), name
        assert answer.headers["Cache-Control"] == "no-cache", name


def test_a_joined_sheet_holds_every_part_in_order_and_no_comment() -> None:
    for path in SHEETS:
        listed = folder("static") / "css" / path
        parts = re.findall(r'@import "(.+)";', listed.read_text(encoding="utf-8"))
        joined = content(path).decode()
        at = 0
        for part in parts:
            text = (listed.parent / part).read_text(encoding="utf-8")
            plain = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
            lines = "\n".join(line.strip() for line in plain.splitlines() if line.strip())
            at = joined.index(lines, at)
        assert "/*" not in joined
        assert "@import" not in joined


def test_what_does_not_exist_is_not_found(stranger: Visitor) -> None:
    for name in ("no.css", "no.0123456789ab.css", "css", "", "../app.py", ".0123456789ab.css"):
        assert stranger.raw("GET", f"/static/{name}").status_code == 404, name


def test_a_start_finds_every_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(assets._JOINED, "lost.css", "css/lost.css")
    with pytest.raises(FileNotFoundError):
        assets.join()
