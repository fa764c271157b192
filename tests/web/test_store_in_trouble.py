"""The control store is busy: nobody is told it was their database, and nothing is a fault."""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from tests.web.conftest import Visitor


@contextmanager
def _held(app: Flask) -> Iterator[None]:
    """Another process writes to the store and does not come to an end."""
    path = app.extensions["provision"].settings.data_dir / "control.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_reading_goes_on_while_the_store_cannot_be_written(app: Flask, client: Visitor) -> None:
    with _held(app):
        assert client.get("/projects").status_code == 200
        assert client.api("POST", "/api/projects", {"name": "P"}).status_code == 201


def test_what_needs_the_store_is_refused_in_words(app: Flask, client: Visitor) -> None:
    token = client.csrf_token()
    with _held(app):
        fields = {"csrf_token": token, "name": "Nora"}
        answer = client.raw("POST", "/settings", data=fields)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "own store does not answer" in answer.text
