"""The whole app served over HTTP, and a real Chromium that looks at it."""

from __future__ import annotations

import os
import shutil
import threading
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from provision import close_app, create_app
from provision.settings import Settings
from tests.browser.live import Live
from tests.browser.tab import Tab, open_tab

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

    from tests.conftest import Server

# As far as the browser is concerned, nothing but the app exists.
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class _Quiet(WSGIRequestHandler):
    """Keeps browsers' connections open, as the real server does, and writes no access log."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


@pytest.fixture(scope="package")
def chromium() -> str:
    """The path of the browser's program."""
    found = shutil.which("chromium")
    if found is None:
        if os.environ.get("PROVISION_REQUIRE_ALL") == "1":
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    return found


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(_FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="package")
def live(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The app in demo mode, so that it offers the built-in server."""
    control = tmp_path_factory.mktemp("control") / "control.db"
    app = create_app(
        Settings(
            mode="demo",
            data_dir=server.data_dir,
            control_url=f"sqlite:///{control}",
            encryption_key="a key of the browser tests alone",
            built_in_postgres=True,
            limits=False,
        )
    )
    http = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    yield Live(app, f"http://127.0.0.1:{http.server_port}")
    http.shutdown()
    thread.join()
    http.server_close()
    close_app(app)


@pytest.fixture
def new_tab(browser: Browser, live: Live) -> Iterator[Callable[..., Tab]]:
    """Opens browsers of their own, each with one tab; what went wrong in any fails the test."""
    tabs: list[Tab] = []

    def open_one(*, script: bool = True, **options: object) -> Tab:
        tabs.append(open_tab(browser, live.url, script=script, **options))
        return tabs[-1]

    yield open_one
    for tab in tabs:
        tab.close()
    assert [problem for tab in tabs for problem in tab.problems] == []


@pytest.fixture
def tab(new_tab: Callable[..., Tab]) -> Tab:
    """A browser with script."""
    return new_tab()


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def either(request: pytest.FixtureRequest, new_tab: Callable[..., Tab]) -> Tab:
    """A browser with script, and once more one without."""
    return new_tab(script=request.param)
