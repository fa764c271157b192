"""Entity tags and the conditions of a request (RFC 9110, 8.8.3 and 13.1), read strictly.

Werkzeug takes an unquoted word for a tag and an empty tag for none, which turns a condition into no
condition. Here a list that is not one of the standard's grammar matches nothing.

An answer that was compressed is other bytes, and so has another tag than the plain one: the same
with the name of the coding behind it. As a condition either stands for the same version.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from flask import Response, request

from provision.web.answer.compression import CODED
from provision.web.answer.problem_details import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAG: Final = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_SEPARATOR: Final = re.compile(r"[ \t]*(?:,[ \t]*)+")
_DIGEST_BYTES: Final = 12


class Tags(NamedTuple):
    """What a condition names: any version, or the opaque parts of tags, strong and of any kind."""

    any: bool = False
    strong: tuple[str, ...] = ()
    all: tuple[str, ...] = ()


def read_tags(header: str) -> Tags:
    """Return what a condition names; nothing for a header that is malformed."""
    text = header.strip(" \t")
    if text == "*":
        return Tags(any=True)
    found = list(_parsed(text))
    if None in found:
        return Tags()
    tags = [each for each in found if each is not None]
    strong = tuple(tag for is_weak, tag in tags if not is_weak)
    return Tags(strong=strong, all=tuple(tag for _, tag in tags))


def expected_versions() -> tuple[str, ...] | None:
    """Return the versions that `If-Match` names, none of which may be there; None for any.

    Weak tags match nothing (RFC 9110, 13.1.1).
    """
    header = request.headers.get("If-Match")
    if header is None:
        return None
    tags = read_tags(header)
    return None if tags.any else tuple(dict.fromkeys(map(_version, tags.strong)))


class Conditions:
    """Which writes look at `If-Match`, by endpoint."""

    def __init__(self) -> None:
        self._endpoints: set[str] = set()

    def allow(self, endpoint: str) -> None:
        """Let `endpoint` take `If-Match`."""
        self._endpoints.add(endpoint)

    def check(self) -> None:
        """Raise ApiError for a condition on a write that does not look at it.

        To do the write all the same would be to take the condition for unsaid.
        """
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return
        for name in ("If-Match", "If-None-Match"):
            is_taken = name == "If-Match" and request.endpoint in self._endpoints
            if name in request.headers and not is_taken:
                raise ApiError(
                    400, "bad_request", f"This call does not look at {name}. Leave the header out."
                )


CONDITIONS: Final = Conditions()


def tag_and_compare(response: Response) -> Response:
    """Give an answer to GET or HEAD its tag, and send it as 304 where the client has it already."""
    is_read = request.method in ("GET", "HEAD")
    if not is_read or response.status_code != 200 or response.mimetype != "application/json":
        return response
    tag, _ = response.get_etag()
    if tag is None:
        tag = hashlib.blake2b(response.get_data(), digest_size=_DIGEST_BYTES).hexdigest()
        response.set_etag(tag)
    header = request.headers.get("If-None-Match")
    if header is None:
        return response
    named = read_tags(header)
    same = [each for each in named.all if _version(each) == tag]
    if not same and not named.any:
        return response
    # The tag of the answer that the client holds, compressed or not.
    response.set_etag(same[0] if same else tag)
    response.status_code = 304
    response.vary.add("Accept-Encoding")
    response.set_data(b"")
    for name in ("Content-Type", "Content-Length"):
        response.headers.pop(name, None)
    return response


def _parsed(text: str) -> Iterator[tuple[bool, str] | None]:
    """Yield each tag of a list as (is weak, opaque part), and None where the list is malformed."""
    start = _SEPARATOR.match(text)
    at = start.end() if start else 0
    while at < len(text):
        tag = _TAG.match(text, at)
        if tag is None:
            yield None
            return
        yield tag[1] is not None, tag[2]
        separator = _SEPARATOR.match(text, tag.end())
        at = separator.end() if separator else tag.end()
        if separator is None and at < len(text):
            yield None
            return


def _version(tag: str) -> str:
    """Return a tag without the name of a compression."""
    return tag.removesuffix(CODED)
