"""The app's answers, as they are kept for the event loop."""

from __future__ import annotations

import json
import tempfile
from typing import TYPE_CHECKING, Any

import pytest

from provision.server.answers import Answer, Caller
from provision.server.request_buffer import Request, RequestBuffer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

_LARGE = 300_000


def asked(head: bytes) -> Request:
    buffer = RequestBuffer()
    buffer.feed(memoryview(head.replace(b"HTTP/1.1", b"HTTP/1.1\r\nHost: x", 1) + b"\r\n\r\n"))
    (request,) = buffer.ready
    return request


def answered(app: Callable[..., Iterable[bytes]], head: bytes = b"GET / HTTP/1.1") -> Answer:
    return Caller(app, server=("127.0.0.1", 80)).call(asked(head), ("192.0.2.1", 1), is_last=False)


def saying(
    *pieces: bytes, status: str = "200 OK", headers: tuple[tuple[str, str], ...] = ()
) -> Callable[..., Iterable[bytes]]:
    def app(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response(status, list(headers))
        return pieces

    return app


def test_a_small_answer_is_one_piece_with_its_length() -> None:
    answer = answered(saying(b"a", b"", b"bc"))
    head, _, body = answer.start.partition(b"\r\n\r\n")
    assert body == b"abc"
    assert b"\r\nContent-Length: 3\r\n" in head
    assert head.endswith(b"Connection: keep-alive")
    assert answer.rest is None


def test_a_large_one_lies_on_disk() -> None:
    answer = answered(saying(b"x" * _LARGE, b"y"))
    assert answer.rest is not None
    assert answer.rest_bytes == _LARGE + 1
    assert answer.rest.read() == b"x" * _LARGE + b"y"
    assert answer.start.endswith(b"\r\n\r\n")
    answer.close()


@pytest.mark.parametrize(
    ("head", "status", "length"),
    [
        (b"HEAD / HTTP/1.1", "200 OK", b"7"),
        (b"GET / HTTP/1.1", "304 Not Modified", b"7"),
        (b"GET / HTTP/1.1", "204 No Content", None),
    ],
)
def test_an_answer_without_a_body_sends_none(
    head: bytes, status: str, length: bytes | None
) -> None:
    answer = answered(
        saying(b"content" * _LARGE, status=status, headers=(("Content-Length", "7"),)), head
    )
    lines, _, body = answer.start.partition(b"\r\n\r\n")
    assert body == b""
    assert answer.rest is None
    if length is None:
        assert b"Content-Length" not in lines
    else:
        assert b"\r\nContent-Length: %b\r\n" % length in lines


@pytest.mark.parametrize(
    "header", [("X-Odd", "a\r\nSet-Cookie: b"), ("X Odd", "a"), ("X-Odd", "\u20ac"), ("", "a")]
)
def test_a_header_that_would_break_the_answer_is_our_fault(header: tuple[str, str]) -> None:
    answer = answered(saying(b"", headers=(header,)))
    assert answer.start.startswith(b"HTTP/1.1 500 ")
    assert b"Set-Cookie" not in answer.start
    assert not answer.keep_alive


def test_an_app_that_fails_is_our_fault_and_its_words_are_not_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def app(_environ: dict[str, Any], _start_response: Any) -> Iterable[bytes]:
        raise ValueError("secret-1")

    answer = answered(app, b"GET /api/x HTTP/1.1")
    assert json.loads(answer.start.partition(b"\r\n\r\n")[2])["status"] == 500
    assert b"secret-1" not in answer.start
    assert "ValueError" in caplog.text
    assert "secret-1" not in caplog.text


def test_where_no_file_can_be_made_it_says_to_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    read = answered(saying(b"x" * _LARGE))
    assert read.start.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 5" in read.start
    written = answered(saying(b"x" * _LARGE), b"POST / HTTP/1.1")
    assert written.start.startswith(b"HTTP/1.1 503 ")
    assert b"may have been done" in written.start
    assert b"Retry-After" not in written.start


def test_an_error_of_the_apps_own_connections_is_not_the_disks() -> None:
    def app(_environ: dict[str, Any], _start_response: Any) -> Iterable[bytes]:
        raise ConnectionResetError

    assert answered(app).start.startswith(b"HTTP/1.1 500 ")
    assert answered(app, b"HEAD / HTTP/1.1").start.endswith(b"\r\n\r\n")


def test_names_with_an_underscore_pass_for_no_other_header() -> None:
    seen: dict[str, Any] = {}

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.update(environ)
        start_response("200 OK", [])
        return ()

    head = (
        b"GET /a%20b/%C3%A4?c=%20 HTTP/1.1\r\nX_Forwarded_For: 203.0.113.9\r\n"
        b"A: 1\r\nA: 2\r\nCookie: a=1\r\nCookie: b=2"
    )
    answered(app, head)
    assert "HTTP_X_FORWARDED_FOR" not in seen
    assert (seen["HTTP_A"], seen["HTTP_COOKIE"]) == ("1,2", "a=1; b=2")
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/a b/\u00e4"
    assert (seen["QUERY_STRING"], seen["REMOTE_ADDR"]) == ("c=%20", "192.0.2.1")
