"""What was pasted and refused is shown at no door and in no log, neither password nor words."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING

import pytest

from provision.cli.dsn_check import dsn_check_line
from provision.tenant.probe.walk import probe
from tests.tenant.targets import LOOPBACK
from tests.web.wizard import CONNECTION, READ

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.web.conftest import Visitor

# A canary stands where a password does, and where a reader that guesses would take it for a name.
_CANARY = "Zqhunter"
_PASTES = (
    "Host=db.example.com;Username=app;Password=Zqhunter1 Zqhunter2=x;Zqhunter3 Bar=1",
    "Host=db.example.com;Username=app;Password=a;Zqhunter1;Database=d",
    "jdbc:postgresql://db.example.com/db?user=u&password=abc&Zqhunter1=1",
    "postgresql://u:Zqhunter1@db.example.com/d?Zqhunter2=1",
    "postgresql://u:Zq hunter1 Zqhunter2@",
    "Zqhunter1://u:Zqhunter2@db.example.com/d",
    "host=db.example.com user=u password=a Zqhunter1=x dbname=d",
    "host=db.example.com user=u password=a Zqhunter1 dbname=d",
    "psql -h db.example.com --Zqhunter1=x -U u d",
    "psql -h db.example.com -U u d Zqhunter1 Zqhunter2",
    "PGZqhunter1=x PGPASSWORD=Zqhunter2 psql -h db.example.com -U u d",
    "DB_HOST=db.example.com\nDB_USER=u\nZqhunter1=Zqhunter2\nDB_PASSWORD=Zqhunter3",
    "DB_HOST=db.example.com\nZqhunter1\nDB_PASSWORD=Zqhunter3\nDB_USER=u",
    "Host: db.example.com\nUser: u\nPassword: Zqhunter1\nZqhunter2: Zqhunter3",
    '{"host": "db.example.com", "Zqhunter1": "Zqhunter2", "password": "Zqhunter3"}',
    "Zqhunter1",
    "Zqhunter1 Zqhunter2",
    "Zqhunter1:Zqhunter2@db.example.com/d",
    "db.example.com:x:d:u:Zqhunter1",
    "postgresql://u:Zqhunter1@h1:5432,h2:5432/d",
    "postgresql://u:Zqhunter1\u200b@db.example.com/d",
    "postgresql://u:Zqhunter1\n@db.example.com/d",
    "mysql://u:Zqhunter1@db.example.com/d",
    "docker run -e POSTGRES_PASSWORD=Zqhunter1 -e Zqhunter2=x postgres",
    "Zqhunter1=postgresql://u:Zqhunter2@a.example.com/d\nZqhunter3=postgresql://u:p@b.example.com/d",
    "Zqhunter1: postgresql://u:Zqhunter2@db.example.com",
    "[Zqhunter1]\nhost=db.example.com\npassword=Zqhunter2",
    "connect(host='db.example.com', password='Zqhunter1', Zqhunter2=3)",
)


@pytest.mark.parametrize("pasted", _PASTES)
def test_the_command_lines_never_show_it(pasted: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = json.dumps(dsn_check_line(pasted, LOOPBACK))
        report = probe(pasted, policy=LOOPBACK, timeout_s=0.01)
    shown = f"{answer} {report.as_json()} {report!r} {caplog.text}"
    assert _CANARY not in shown
    assert "Zqhunter" not in shown.replace(" ", "")


@pytest.mark.parametrize("door", ["page", "htmx", "reading", "api"])
def test_no_page_and_no_answer_shows_it(
    newcomer: Visitor, caplog: pytest.LogCaptureFixture, door: str
) -> None:
    for pasted in _PASTES:
        with caplog.at_level(logging.DEBUG):
            response = _send(newcomer, door, pasted)
        assert response.status_code in ((200,) if door == "reading" else (422,)), pasted
        # The field keeps what was typed in it; nothing else may show it.
        shown = re.sub(r"<textarea.*?</textarea>", "", response.text, flags=re.DOTALL)
        assert _CANARY not in shown, pasted
        assert _CANARY not in caplog.text, pasted


def _send(newcomer: Visitor, door: str, pasted: str) -> TestResponse:
    form = {"connection_string": pasted}
    if door == "api":
        return newcomer.api("POST", "/api/user/database-connection", {"connectionString": pasted})
    if door == "reading":
        return newcomer.post_form(READ, form, htmx=True)
    return newcomer.post_form(CONNECTION, form, htmx=door == "htmx")
