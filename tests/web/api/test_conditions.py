"""`If-Match`, `If-None-Match` and the tags of answers, plain and compressed."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from provision.web.api.conditions import Tags, read_tags

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.web.conftest import Visitor

GZIP = {"Accept-Encoding": "gzip"}
NOUNS = [
    ("/api/projects", "project", "name"),
    ("/api/tasks", "task", "title"),
    ("/api/team", "team_member", "name"),
]
EVERY_NOUN = pytest.mark.parametrize(("path", "member", "name"), NOUNS)


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("*", Tags(any=True)),
        (" *\t", Tags(any=True)),
        ('"a"', Tags(strong=("a",), all=("a",))),
        ('""', Tags(strong=("",), all=("",))),
        ('"a", W/"b" ,"c,d"', Tags(strong=("a", "c,d"), all=("a", "b", "c,d"))),
        (',, "a",,"b", ', Tags(strong=("a", "b"), all=("a", "b"))),
        ('"*"', Tags(strong=("*",), all=("*",))),
        ("", Tags()),
        (", ,", Tags()),
        ("a", Tags()),
        ('"a', Tags()),
        ('a"', Tags()),
        ('"a" "b"', Tags()),
        ('"a""b"', Tags()),
        ('"a", b', Tags()),
        ('"a", *', Tags()),
        ('*, "a"', Tags()),
        ('w/"a"', Tags()),
        ('W/ "a"', Tags()),
        ('"a b"', Tags()),
        ('"a\x7f"', Tags()),
        ("'a'", Tags()),
    ],
)
def test_a_list_of_tags_is_read_by_the_standards_grammar(header: str, tags: Tags) -> None:
    assert read_tags(header) == tags


def _row(client: Visitor, path: str, name: str, **more: Any) -> tuple[str, TestResponse]:
    made = client.api("POST", path, {name: "before"} | more)
    assert made.status_code == 201, made.text
    return made.headers["Location"], made


@EVERY_NOUN
def test_a_condition_that_names_no_version_of_the_row_changes_nothing(
    client: Visitor, path: str, member: str, name: str
) -> None:
    address, made = _row(client, path, name)
    tag = made.headers["ETag"]
    for condition in (
        '""',
        '"", "a"',
        "",
        " ",
        f"W/{tag}",
        tag.strip('"'),
        f"{tag} {tag}",
        f"{tag}, x",
        f"x, {tag}",
        f"*, {tag}",
        '"*"',
        "garbage",
        '"\xff"',
        '"',
        f"{tag[:-1]}0{tag[-1]}",
        f"'{tag}'",
        '"1-gzip"',
        f'"{"9" * 2000}"',
        '"a", "b", W/"c"',
    ):
        for method, body in (("PATCH", {name: "after"}), ("PATCH", {}), ("DELETE", None)):
            refused = client.api(method, address, body, **{"If-Match": condition})
            assert refused.status_code == 412, (condition, method, refused.text)
            problem = refused.get_json(force=True)
            assert problem["code"] == "stale_version"
            assert problem["current"] == made.get_json()[member]
    assert client.api("GET", address).get_json() == made.get_json()


@EVERY_NOUN
def test_a_condition_that_names_the_version_lets_the_write_through(
    client: Visitor, path: str, member: str, name: str
) -> None:
    address, _ = _row(client, path, name)
    for number, form in enumerate(("{}", '"x", {}', '{}, W/"x"', ",{},", "*", '"", {}')):
        tag = client.api("GET", address).headers["ETag"]
        body = {name: f"after {number}"}
        done = client.api("PATCH", address, body, **{"If-Match": form.format(tag)})
        assert done.status_code == 200, (form, done.text)
    nowhere = f"{address[:-12]}000000000000"
    for condition in ("*", '"1"', '"1", "2"', ""):
        gone = client.api("DELETE", nowhere, **{"If-Match": condition})
        assert gone.status_code == 404, condition
    assert client.api("DELETE", address, **{"If-Match": "*"}).status_code == 204


def test_a_condition_that_a_write_would_not_look_at_is_refused(client: Visitor) -> None:
    address, made = _row(client, "/api/tasks", "title")
    tag = made.headers["ETag"]
    connection = "/api/user/database-connection"
    for method, path, body, header in (
        ("POST", "/api/tasks", {"title": "t"}, "If-Match"),
        ("POST", "/api/tasks", {"title": "t"}, "If-None-Match"),
        ("PATCH", address, {"title": "t"}, "If-None-Match"),
        ("DELETE", address, None, "If-None-Match"),
        ("DELETE", connection, None, "If-Match"),
        ("POST", f"{connection}/schema", None, "If-Match"),
    ):
        for value in (tag, "*", ""):
            refused = client.api(method, path, body, **{header: value})
            assert refused.status_code == 400, (method, path, header)
            assert header in refused.get_json(force=True)["detail"]
    assert client.rows("SELECT title FROM tasks") == [("before",)]
    assert client.api("GET", connection).get_json()["connected"] is True


@EVERY_NOUN
def test_what_is_known_already_is_not_sent_again_to_get_nor_head(
    client: Visitor, path: str, member: str, name: str
) -> None:
    address, made = _row(client, path, name)
    for each in (address, path, f"{path}?limit=1&q=before", "/api/tokens", "/api/user"):
        first = client.api("GET", each)
        tag = first.headers["ETag"]
        assert client.api("HEAD", each).headers["ETag"] == tag
        for condition in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            for method in ("GET", "HEAD"):
                again = client.api(method, each, **{"If-None-Match": condition})
                assert (again.status_code, again.data) == (304, b""), (method, each, condition)
                assert again.headers["ETag"] == tag
                assert "Content-Type" not in again.headers
                assert "Accept-Encoding" in again.headers["Vary"]
        for condition in ('"x"', "", "x", tag.strip('"'), '""', f"{tag}, x"):
            for method in ("GET", "HEAD"):
                again = client.api(method, each, **{"If-None-Match": condition})
                assert again.status_code == 200, (method, each, condition)
    assert client.api("GET", address).headers["ETag"] == made.headers["ETag"]


@EVERY_NOUN
def test_the_tag_of_a_list_changes_with_its_rows(
    client: Visitor, path: str, member: str, name: str
) -> None:
    seen = [client.api("GET", path).headers["ETag"]]
    address, _ = _row(client, path, name)
    seen.append(client.api("GET", path).headers["ETag"])
    client.api("PATCH", address, {name: "after"})
    seen.append(client.api("GET", path).headers["ETag"])
    assert client.api("GET", path, **{"If-None-Match": ", ".join(seen[:2])}).status_code == 200
    client.api("DELETE", address)
    last = client.api("GET", path).headers["ETag"]
    assert len({*seen, last}) == 3
    assert last == seen[0]


def test_a_failure_is_no_answer_that_is_known_already(client: Visitor) -> None:
    address, _ = _row(client, "/api/tasks", "title")
    client.api("DELETE", address)
    assert client.api("GET", address, **{"If-None-Match": "*"}).status_code == 404
    assert client.api("GET", "/api/tasks?x=1", **{"If-None-Match": "*"}).status_code == 422


def test_a_compressed_answer_has_a_tag_of_its_own_that_is_good_for_all(client: Visitor) -> None:
    address, made = _row(client, "/api/tasks", "title", description="long " * 400)
    plain = client.raw("GET", address)
    packed = client.raw("GET", address, headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert plain.headers["ETag"] == made.headers["ETag"] != packed.headers["ETag"]
    assert not packed.headers["ETag"].startswith("W/")
    for kind in (GZIP, {}):
        for tag in (plain.headers["ETag"], packed.headers["ETag"], f"W/{packed.headers['ETag']}"):
            again = client.raw("GET", address, headers=kind | {"If-None-Match": tag})
            assert (again.status_code, again.data) == (304, b"")
            assert again.headers["ETag"] == tag.removeprefix("W/")
    changed = client.api("PATCH", address, {"title": "b"}, **{"If-Match": packed.headers["ETag"]})
    assert changed.status_code == 200
    stale = client.api("DELETE", address, **{"If-Match": packed.headers["ETag"]})
    assert stale.status_code == 412
    packed = client.raw("GET", address, headers=GZIP)
    several = f'"x", {packed.headers["ETag"]}'
    assert client.api("DELETE", address, **{"If-Match": several}).status_code == 204
    listed = client.raw("GET", "/api/tasks", headers=GZIP)
    assert "Content-Encoding" not in listed.headers


def test_head_answers_as_get_does(client: Visitor) -> None:
    address, _ = _row(client, "/api/projects", "name")
    for path in (
        "/api/projects",
        address,
        "/api/tokens",
        "/api/user",
        "/api/user/database-connection",
        "/api/user/database-connection/schema",
        "/api/openapi.json",
        "/api/docs",
        "/api/nothing",
        "/api/projects?x=1",
    ):
        got, head = client.raw("GET", path), client.raw("HEAD", path)
        assert (head.status_code, head.data) == (got.status_code, b""), path
        unlike = {"Set-Cookie"}
        assert {n: v for n, v in head.headers if n not in unlike} == {
            n: v for n, v in got.headers if n not in unlike
        }, path
