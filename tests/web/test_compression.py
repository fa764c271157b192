"""Pages and static files come smaller to who can read that, and are the same to everybody."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import brotli
import pytest

from provision.web import compression

if TYPE_CHECKING:
    from tests.web.conftest import Visitor

GZIP = {"Accept-Encoding": "gzip"}
BROTLI = {"Accept-Encoding": "gzip, deflate, br"}


@pytest.mark.parametrize("path", ["/", "/login", "/static/site.css", "/static/icons.svg"])
def test_it_is_smaller_and_the_same(stranger: Visitor, path: str) -> None:
    plain = stranger.raw("GET", path)
    packed = stranger.raw("GET", path, headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
    token = re.compile(rb'csrf_token" value="[^"]+"|X-CSRFToken[^}]+')
    assert token.sub(b"", gzip.decompress(packed.data)) == token.sub(b"", plain.data)
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize("path", ["/static/site.css", "/static/icons.svg"])
def test_a_static_file_comes_smallest_where_the_browser_reads_brotli(
    stranger: Visitor, path: str
) -> None:
    plain = stranger.raw("GET", path).data
    packed = stranger.raw("GET", path, headers=BROTLI)
    assert packed.headers["Content-Encoding"] == "br"
    assert len(packed.data) < len(stranger.raw("GET", path, headers=GZIP).data)
    assert brotli.decompress(packed.data) == plain


def test_a_page_comes_in_gzip_also_where_the_browser_reads_brotli(stranger: Visitor) -> None:
    assert stranger.raw("GET", "/", headers=BROTLI).headers["Content-Encoding"] == "gzip"


def test_who_cannot_read_it_is_not_sent_it(stranger: Visitor) -> None:
    for encodings in ("identity", "br", "gzip;q=0, *;q=0"):
        answer = stranger.raw("GET", "/", headers={"Accept-Encoding": encodings})
        assert "Content-Encoding" not in answer.headers
        assert b"</html>" in answer.data


def test_a_page_tells_nothing_by_its_length(stranger: Visitor) -> None:
    lengths = {len(stranger.raw("GET", "/login", headers=GZIP).data) for _ in range(12)}
    assert len(lengths) > 3


def test_a_known_file_is_not_sent_again(stranger: Visitor) -> None:
    first = stranger.raw("GET", "/static/site.css", headers=GZIP)
    tag = first.headers["ETag"]
    assert tag.startswith("W/")
    again = stranger.raw("GET", "/static/site.css", headers={**GZIP, "If-None-Match": tag})
    assert again.status_code == 304
    assert again.data == b""
    assert stranger.raw("HEAD", "/static/site.css", headers=GZIP).data == b""
    assert stranger.raw("GET", "/static/nothing.css", headers=GZIP).status_code == 404


def test_the_api_and_what_is_small_stay_as_they_are(client: Visitor) -> None:
    answer = client.raw("GET", "/api/user", headers=GZIP)
    assert "Content-Encoding" not in answer.headers
    assert answer.get_json()["user"]["name"]


def test_a_file_is_kept_once_however_its_address_is_spelt(stranger: Visitor) -> None:
    packed = stranger.raw("GET", "/static/site.css", headers=GZIP).data
    kept = compression._static.cache_info().currsize
    for spelling in ("./site.css", "././site.css", "nowhere/../site.css", "a/b/../../site.css"):
        answer = stranger.raw("GET", f"/static/{spelling}", headers=GZIP)
        assert answer.status_code == 200, spelling
        assert answer.data == packed
    assert compression._static.cache_info().currsize == kept
