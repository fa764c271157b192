from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.server.refusals import (
    ADDRESS_TOO_LONG,
    HEADERS_TOO_LARGE,
    NOT_UNDERSTOOD,
    Refusal,
)
from provision.server.request_buffer import (
    MOST_BODY_BYTES,
    SLICE_BYTES,
    Request,
    RequestBuffer,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GET = b"GET /a?b=1 HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED_HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED = CHUNKED_HEAD + b"3;name=value\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
TRAILING = CHUNKED[:-2] + b"Digest: none\r\n\r\n"
EVERY_KIND = pytest.mark.parametrize(
    ("sent", "body"), [(GET, b""), (POST, b"hello"), (CHUNKED, b"hello"), (TRAILING, b"hello")]
)


_made: list[RequestBuffer] = []


@pytest.fixture(autouse=True)
def close_files() -> Iterator[None]:
    yield
    for each in _made:
        each.close()
    _made.clear()


def new() -> RequestBuffer:
    buffer = RequestBuffer()
    _made.append(buffer)
    return buffer


def fed(data: bytes, *, pieces: int = SLICE_BYTES) -> RequestBuffer:
    buffer = new()
    for at in range(0, len(data), pieces):
        if buffer.is_over:
            break
        buffer.feed(memoryview(data)[at : at + pieces])
    return buffer


def body_of(request: Request) -> bytes:
    return request.body.read() if request.body is not None else b""


@EVERY_KIND
def test_a_request_is_ready_at_its_last_byte_and_not_before(sent: bytes, body: bytes) -> None:
    buffer = new()
    for at in range(len(sent)):
        assert not buffer.ready, sent[:at]
        assert buffer.arrived_bytes == at
        buffer.feed(memoryview(sent)[at : at + 1])
    (request,) = buffer.ready
    assert body_of(request) == body
    assert request.body_bytes == len(body)
    assert buffer.arrived_bytes == 0


@EVERY_KIND
def test_what_follows_is_a_request_of_its_own(sent: bytes, body: bytes) -> None:
    buffer = fed(sent + GET + sent)
    assert [body_of(each) for each in buffer.ready] == [body, b"", body]
    assert buffer.ready[1].target == b"/a?b=1"


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        (b"GET\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET /\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET / HTTP/1.1\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET / HTTP/1.2\r\nHost: x\r\n\r\n", NOT_UNDERSTOOD),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET / HTTP/1.1\nHost: x\n\n", NOT_UNDERSTOOD),
        (b"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET / HTTP/1.1\r\nHost : x\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\x00c\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: b\x1fc\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET a HTTP/1.1\r\nHost: x\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n", NOT_UNDERSTOOD),
        (b"GET http://u@x/ HTTP/1.1\r\nHost: x\r\n\r\n", NOT_UNDERSTOOD),
        (b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", NOT_UNDERSTOOD),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\nhello", NOT_UNDERSTOOD),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello", NOT_UNDERSTOOD),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
            NOT_UNDERSTOOD,
        ),
        (CHUNKED_HEAD[:-2] + b"Content-Length: 5\r\n\r\n0\r\n\r\n", NOT_UNDERSTOOD),
        (CHUNKED_HEAD.replace(b"chunked", b"gzip, chunked") + b"0\r\n\r\n", NOT_UNDERSTOOD),
        (CHUNKED_HEAD.replace(b"HTTP/1.1", b"HTTP/1.0") + b"0\r\n\r\n", NOT_UNDERSTOOD),
        (CHUNKED_HEAD + b"xyz\r\n", NOT_UNDERSTOOD),
        (CHUNKED_HEAD + b"0x1\r\na\r\n", NOT_UNDERSTOOD),
        (CHUNKED_HEAD + b"1\r\nab\r\n", NOT_UNDERSTOOD),
        (CHUNKED_HEAD + b"1\na\n0\n\n", NOT_UNDERSTOOD),
        (CHUNKED_HEAD + b"ffffffffffffffffff\r\n", NOT_UNDERSTOOD),
        (GET.replace(b"Host", b"Expect: x\r\nHost"), NOT_UNDERSTOOD),
        (b"GET /" + b"x" * 4_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", ADDRESS_TOO_LONG),
        (b"GET /" + b"x" * 100_000, ADDRESS_TOO_LONG),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101 + b"\r\n", HEADERS_TOO_LARGE),
        (b"GET / HTTP/1.1\r\nA: " + b"b" * 8_000 + b"\r\n\r\n", HEADERS_TOO_LARGE),
        (b"GET / HTTP/1.1\r\nA: " + b"b" * 100_000, HEADERS_TOO_LARGE),
    ],
)
@pytest.mark.parametrize("pieces", [1, 7, SLICE_BYTES])
def test_what_is_malformed_or_read_in_two_ways_is_refused(
    sent: bytes, refusal: Refusal, pieces: int
) -> None:
    buffer = fed(sent, pieces=pieces)
    assert buffer.refusal is refusal
    assert not buffer.ready
    assert buffer.is_over


@pytest.mark.parametrize(
    "sent",
    [
        b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY_BYTES + 1),
        CHUNKED_HEAD + b"100001\r\n" + b"x" * (MOST_BODY_BYTES + 1),
        CHUNKED_HEAD + b"1\r\nx\r\n" * (MOST_BODY_BYTES // 2),
        CHUNKED_HEAD + b"5" + b";" * 5 * MOST_BODY_BYTES,
    ],
    ids=["declared", "in one chunk", "in small chunks", "in an extension"],
)
def test_of_a_body_that_is_too_large_the_head_goes_to_the_app(sent: bytes) -> None:
    buffer = fed(sent)
    (request,) = buffer.ready
    assert request.is_cut
    assert request.body is None
    assert request.body_bytes > MOST_BODY_BYTES
    assert not request.keep_alive
    assert buffer.is_over


def test_a_body_of_the_most_bytes_is_taken_and_lies_on_disk() -> None:
    sent = b"x" * MOST_BODY_BYTES
    buffer = fed(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(sent) + sent)
    assert buffer.disk_bytes == len(sent)
    assert buffer.memory_bytes <= SLICE_BYTES
    (request,) = buffer.ready
    assert body_of(request) == sent


def test_a_body_under_way_is_counted_where_it_lies() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    small = fed(head + b"x" * 10_000)
    assert (small.disk_bytes, small.memory_bytes > 10_000) == (0, True)
    large = fed(head + b"x" * 100_000)
    assert (large.disk_bytes, large.memory_bytes) == (100_000, 0)
    large.close()
    assert (large.disk_bytes, large.memory_bytes) == (0, 0)


@pytest.mark.parametrize("method", [b"GET", b"POST", b"FOO"])
@pytest.mark.parametrize(
    ("path", "is_api"),
    [
        (b"/api/tasks", True),
        (b"/api", True),
        (b"/w/7f1c/api/tasks", True),
        (b"/apis", False),
        (b"/x?/api/", False),
    ],
)
def test_what_is_refused_below_api_is_known_by_its_first_line(
    method: bytes, path: bytes, is_api: bool
) -> None:
    buffer = fed(method + b" " + path + b" HTTP/1.1\r\nHost: x\r\nA: \x01\r\n\r\n")
    assert buffer.refusal is NOT_UNDERSTOOD
    assert buffer.is_api is is_api


def test_the_second_of_two_requests_is_judged_by_its_own_first_line() -> None:
    buffer = new()
    buffer.feed(memoryview(GET))
    buffer.feed(memoryview(b"GET /api/x HTTP/1.1\r\nA: \x01\r\n\r\n"))
    assert buffer.is_api


def test_a_client_that_waits_for_leave_to_send_is_told_apart() -> None:
    waiting = POST[:-9].replace(b"Content", b"Expect: 100-continue\r\nContent") + b"\r\n\r\n"
    assert fed(waiting).awaits_continue
    assert not fed(waiting + b"h").awaits_continue
    assert not fed(POST[:-5]).awaits_continue


@EVERY_KIND
@pytest.mark.parametrize("pieces", [1, 7, SLICE_BYTES])
def test_another_protocol_that_is_offered_is_not_taken_up(
    sent: bytes, body: bytes, pieces: int
) -> None:
    offer = b"Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c"
    buffer = fed(sent.replace(b"Host: x", offer) + GET, pieces=pieces)
    assert buffer.refusal is None
    assert [body_of(each) for each in buffer.ready] == [body, b""]
    assert buffer.ready[1].target == b"/a?b=1"


def test_an_offer_with_a_body_that_is_too_large_is_cut_as_without() -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
    (request,) = fed(head + b"Content-Length: %d\r\n\r\n" % (MOST_BODY_BYTES + 1)).ready
    assert request.is_cut


def test_trailers_are_no_headers() -> None:
    end = b"0\r\nAuthorization: Bearer x\r\nX-Forwarded-For: 127.0.0.1\r\nHost: y\r\n\r\n"
    (request,) = fed(CHUNKED.replace(b"0\r\n\r\n", end)).ready
    assert [name for name, _ in request.headers] == [b"host", b"transfer-encoding"]
    assert request.credential is None


def test_where_a_body_cannot_be_kept_it_is_the_disk_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    body = b"x" * 70_000
    with pytest.raises(FileNotFoundError):
        fed(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


@pytest.mark.parametrize(
    ("target", "host", "path"),
    [
        (b"http://other:80/p?q", b"other:80", b"/p?q"),
        (b"https://other", b"other", b"/"),
        (b"http://other?q", b"other", b"/?q"),
    ],
)
def test_an_absolute_address_names_the_host(target: bytes, host: bytes, path: bytes) -> None:
    (request,) = fed(b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n\r\n").ready
    assert request.target == path
    assert [value for name, value in request.headers if name == b"host"] == [host]


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_any_bytes_are_taken_or_refused(pieces: list[bytes]) -> None:
    for start in (b"", GET[:-2], CHUNKED[:80]):
        buffer = new()
        for piece in (start, *pieces):
            if piece and not buffer.is_over:
                buffer.feed(memoryview(piece))
        buffer.close()
        assert (buffer.memory_bytes, buffer.disk_bytes, len(buffer.ready)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("header", "credential"),
    [
        (b"Authorization: Bearer pvn_1", b"Bearer pvn_1"),
        (b"authorization:Bearer pvn_1", b"Bearer pvn_1"),
        (b"Cookie: theme=dark; provision_session=abc.d; x=1", b"abc.d"),
        (b"Cookie: __Host-provision_session=abc", b"abc"),
        (b"Cookie: theme=dark", None),
        (b"X-Authorization: Bearer pvn_1", None),
    ],
)
def test_it_tells_who_is_asking(header: bytes, credential: bytes | None) -> None:
    (request,) = fed(GET[:-2] + header + b"\r\n\r\n").ready
    assert request.credential == credential
