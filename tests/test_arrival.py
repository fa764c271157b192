from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.arrival import MOST_BODY_BYTES, MOST_HEAD_BYTES, Arrival

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5;name=value\r\nhello\r\n4\r\n\r\n\r\n\r\n0\r\n\r\n"
)
TRAILING = CHUNKED[:-2] + b"Digest: none\r\n\r\n"
EVERY_KIND = pytest.mark.parametrize("request_", [GET, POST, CHUNKED, TRAILING])


@EVERY_KIND
def test_it_is_whole_at_its_last_byte_and_not_before(request_: bytes) -> None:
    arrival = Arrival()
    for at in range(len(request_)):
        assert not arrival.is_ready, request_[:at]
        arrival.add(request_[at : at + 1])
    assert arrival.is_ready
    assert arrival.is_whole
    assert arrival.take() == request_
    assert len(arrival) == 0


@EVERY_KIND
def test_what_follows_is_handed_over_too(request_: bytes) -> None:
    arrival = Arrival(request_ + GET[:7])
    assert arrival.is_whole
    assert arrival.take() == request_ + GET[:7]


@pytest.mark.parametrize(
    "refused",
    [
        b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY_BYTES + 1),
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5" + b";" * 300,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"1\r\nx\r\n" * (MOST_BODY_BYTES // 2),
        b"GET /" + b"x" * MOST_HEAD_BYTES,
    ],
)
def test_what_will_be_refused_is_not_waited_for(refused: bytes) -> None:
    arrival = Arrival(refused)
    assert arrival.is_ready
    assert not arrival.is_whole


_CHUNKED_HEAD = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "end", [b"0\r\n\r\n", b"0\r\nDigest: none\r\n\r\n", b"5\r\nhal", b"1 x\r\n"]
)
def test_of_many_small_chunks_one_is_made(end: bytes) -> None:
    arrival = Arrival()
    for piece in (_CHUNKED_HEAD, b"1;name=value\r\nx\r\n" * 70, b"02\r\nyz\r\n", end):
        arrival.add(piece)
    assert arrival.is_whole == end.endswith(b"\r\n\r\n")
    assert arrival.take() == _CHUNKED_HEAD + b"48\r\n" + b"x" * 70 + b"yz\r\n" + end


@pytest.mark.parametrize("odd", [b"1 x\r\na\r\n", b"1\r\nab\r\n"])
def test_what_the_servers_parser_refuses_is_left_to_it(odd: bytes) -> None:
    request = _CHUNKED_HEAD + odd + b"1\r\nx\r\n" * 100 + b"0\r\n\r\n"
    assert Arrival(request).take() == request


def test_a_client_that_waits_for_leave_is_told_apart() -> None:
    head = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    assert Arrival(head).expects_leave
    assert not Arrival(POST).expects_leave


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_any_bytes_are_taken_in_and_none_is_lost(pieces: list[bytes]) -> None:
    for start in (b"", GET[:-2], CHUNKED[:70]):
        arrival = Arrival(start)
        for piece in pieces:
            arrival.add(piece)
        assert arrival.take() == start + b"".join(pieces)


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
    arrival = Arrival(GET[:-2] + header + b"\r\n\r\n")
    assert arrival.is_whole
    assert arrival.credential == credential
