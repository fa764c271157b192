"""A body is taken whole or not at all, whatever server hands it on."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

if TYPE_CHECKING:
    from flask import Flask

    from tests.web.conftest import Visitor

MOST = 1024 * 1024
FORM = "application/x-www-form-urlencoded"


def _send(
    app: Flask,
    path: str,
    body: bytes,
    *,
    length: int | None,
    method: str = "POST",
    content_type: str = "application/json",
    terminated: bool = True,
    headers: dict[str, str] | None = None,
) -> tuple[int, str, str]:
    """Status, content type and text of the answer to a body as a WSGI server would hand it on."""
    builder = EnvironBuilder(
        path, method=method, content_type=content_type, headers=Headers(headers or {})
    )
    environ: dict[str, Any] = builder.get_environ()
    environ.pop("CONTENT_LENGTH", None)
    environ.pop("wsgi.input_terminated", None)
    environ["wsgi.input"] = io.BytesIO(body)
    if length is None:
        environ["HTTP_TRANSFER_ENCODING"] = "chunked"
    else:
        environ["CONTENT_LENGTH"] = str(length)
    if terminated:
        environ["wsgi.input_terminated"] = True
    pieces, status, answered = run_wsgi_app(app, environ, buffered=True)
    text = b"".join(pieces).decode()
    return int(status.split()[0]), answered["Content-Type"], text


@pytest.fixture
def csrf(client: Visitor) -> dict[str, str]:
    name = "provision_session"
    return {"X-CSRFToken": client.csrf_token(), "Cookie": f"{name}={client.cookie(name)}"}


def test_a_body_in_chunks_is_never_cut_and_taken(
    app: Flask, client: Visitor, csrf: dict[str, str]
) -> None:
    good = b'{"title": "t"}'
    for rest in (b"rubbish", b" ", b" " * MOST):
        body = good + b" " * (MOST - len(good)) + rest
        status, kind, text = _send(app, "/api/tasks", body, length=None, headers=csrf)
        assert (status, kind) == (413, "application/problem+json"), text
        assert '"too_large"' in text
    assert client.rows("SELECT 1 FROM tasks") == []
    for body in (good, good + b" " * (MOST - len(good))):
        assert _send(app, "/api/tasks", body, length=None, headers=csrf)[0] == 201


def test_a_form_in_chunks_is_counted_like_any_other(
    app: Flask, client: Visitor, csrf: dict[str, str]
) -> None:
    start = b"name=Website&description="
    for rest in (MOST, 2 * MOST):
        body = start + b"x" * rest
        status, _, text = _send(
            app, "/projects", body, length=None, content_type=FORM, headers=csrf
        )
        assert status == 413, text
    boundary = b"----b"
    part = b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
    name = b'; filename="tasks.csv"'
    upload = part % (boundary, b"file", name, b"Title\n" + b"row\n" * (MOST // 4))
    status, _, text = _send(
        app,
        "/exchange",
        upload + b"--" + boundary + b"--\r\n",
        length=None,
        content_type=f"multipart/form-data; boundary={boundary.decode()}",
        headers=csrf,
    )
    assert status in (404, 413), text
    assert client.rows("SELECT 1 FROM projects UNION ALL SELECT 1 FROM tasks") == []


@pytest.mark.parametrize("terminated", [False, True])
def test_a_body_that_broke_off_is_refused(
    app: Flask, client: Visitor, csrf: dict[str, str], terminated: bool
) -> None:
    body = b'{"title": "t"}'
    status, kind, text = _send(
        app, "/api/tasks", body, length=len(body) + 5, terminated=terminated, headers=csrf
    )
    assert (status, kind) == (400, "application/problem+json"), text
    assert client.rows("SELECT 1 FROM tasks") == []


def test_a_length_nobody_can_know_is_no_empty_body(
    app: Flask, client: Visitor, csrf: dict[str, str]
) -> None:
    path = "/api/user/database-connection/schema"
    status, kind, text = _send(app, path, b"{}", length=None, terminated=False, headers=csrf)
    assert (status, kind) == (400, "application/problem+json"), text
    assert client.database is not None


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
@pytest.mark.parametrize("length", [None, MOST + 1])
def test_a_call_without_a_body_counts_it_too(
    app: Flask, client: Visitor, csrf: dict[str, str], method: str, length: int | None
) -> None:
    path = "/api/tasks" if method != "DELETE" else "/api/user/database-connection"
    status, kind, _ = _send(
        app, path, b"x" * (MOST + 1), length=length, method=method, headers=csrf
    )
    assert (status, kind) == (413, "application/problem+json")
    assert client.api("GET", "/api/user/database-connection").get_json()["connected"] is True
