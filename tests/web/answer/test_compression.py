"""Pages and static files come smaller to who can read that, and are the same to everybody."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

import brotli
import pytest

from provision.web.answer import compression
from tests.web.conftest import PASSWORD

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


def test_what_is_small_stays_as_it_is(client: Visitor) -> None:
    answer = client.raw("GET", "/api/user", headers=GZIP)
    assert "Content-Encoding" not in answer.headers
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert answer.get_json()["user"]["name"]


@pytest.mark.parametrize(
    ("wish", "is_packed"),
    [
        ("gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("GZIP;q=0.5", True),
        ("*", True),
        ("*;q=0.1", True),
        ("gzip, identity", True),
        ("gzip;q=0.5, identity;q=0.2", True),
        ("identity;q=0, *", True),
        ("", False),
        ("identity", False),
        ("br", False),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("gzip;q=0.2, identity;q=0.9", False),
        ("identity;q=0", False),
        ("gzip;q=x, ;;;", False),
    ],
)
def test_a_list_comes_smaller_to_who_wants_it_so(
    client: Visitor, wish: str, is_packed: bool
) -> None:
    for number in range(12):
        client.api("POST", "/api/tasks", {"title": f"task {number}"})
    plain = client.raw("GET", "/api/tasks")
    answer = client.raw("GET", "/api/tasks", headers={"Accept-Encoding": wish})
    assert (answer.headers.get("Content-Encoding") == "gzip") is is_packed
    assert "Accept-Encoding" in answer.headers["Vary"]
    body = gzip.decompress(answer.data) if is_packed else answer.data
    assert body == plain.data
    if is_packed:
        assert len(answer.data) < len(plain.data) / 2
        lengths = {len(client.raw("GET", "/api/tasks", headers=GZIP).data) for _ in range(12)}
        assert len(lengths) > 3


def test_who_refuses_it_plain_gets_little_packed_too(client: Visitor) -> None:
    for wish in ("gzip, identity;q=0", "gzip, *;q=0"):
        answer = client.raw("GET", "/api/user", headers={"Accept-Encoding": wish})
        assert b"alice" in gzip.decompress(answer.data)


def test_a_problem_that_is_long_comes_smaller_and_a_token_never(client: Visitor) -> None:
    query = "&".join(f"parameter{number}=1" for number in range(20))
    answer = client.raw("GET", f"/api/tasks?{query}", headers=GZIP)
    assert answer.status_code == 422
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"parameter7" in gzip.decompress(answer.data)
    who = {"email": client.email(), "password": PASSWORD}
    wish = {"Accept-Encoding": "gzip, identity;q=0"}
    made = client.raw("POST", "/api/auth/token", json=who, headers=wish)
    assert "Content-Encoding" not in made.headers
    assert made.get_json()["token"]


def test_a_file_is_kept_once_however_its_address_is_spelt(stranger: Visitor) -> None:
    packed = stranger.raw("GET", "/static/site.css", headers=GZIP).data
    kept = compression._static.cache_info().currsize
    for spelling in ("./site.css", "././site.css", "nowhere/../site.css", "a/b/../../site.css"):
        answer = stranger.raw("GET", f"/static/{spelling}", headers=GZIP)
        assert answer.status_code == 200, spelling
        assert answer.data == packed
    assert compression._static.cache_info().currsize == kept
