"""What a board is to a browser as tasks become many: requests, weight, paint, shift, blocking.

Run it as `python -m benchmarks.board_paint [COUNT ...]`, by default with 100, 5,000 and 50,000
tasks. It serves the app from a PostgreSQL of its own (the `demo` extra) to a real Chromium, loads
the board with an empty cache and once more, and prints a table. Nothing is asserted here. Weight is
that of all answers as gzip would send them; figures of time are of Chromium's own trace.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from benchmarks.many_tasks import place
from benchmarks.rig import app_and_postgres

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Response

    from tests.web.conftest import Visitor

COUNTS = (100, 5_000, 50_000)
_COOKIE = "provision_session"
_BLOCKS_FROM_MS = 50


@dataclass(frozen=True, slots=True)
class Load:
    """One load of a page; times in milliseconds after it was asked for."""

    requests: int
    gzipped: int
    nodes: int
    painted_ms: float
    shift: float
    blocked_ms: float


class _Quiet(WSGIRequestHandler):
    """Writes no access log between the lines of the table."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def main() -> None:
    counts = tuple(int(text) for text in sys.argv[1:]) or COUNTS
    with app_and_postgres() as (app, postgres):
        http = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
        threading.Thread(target=http.serve_forever, daemon=True).start()
        print("   tasks  load      requests  gzipped  nodes  first paint  shift  blocked")
        try:
            for count in counts:
                with ExitStack() as stack:
                    visitor = place(app, postgres, stack, count).visitor
                    show(visitor, f"http://127.0.0.1:{http.server_port}", count)
        finally:
            http.shutdown()


def show(visitor: Visitor, url: str, count: int) -> None:
    """Load the board twice in a browser of its own."""
    chromium = shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        cookie = {"name": _COOKIE, "value": visitor.cookie(_COOKIE), "url": url}
        page.context.add_cookies([cookie])  # type: ignore[list-item]
        for name in ("first", "second"):
            load = measure(browser, page, f"{url}/tasks")
            print(
                f"{count:8,}  {name:8}  {load.requests:8}  {load.gzipped:7,}  {load.nodes:5,}"
                f"  {load.painted_ms:8.0f} ms  {load.shift:5.3f}  {load.blocked_ms:4.0f} ms"
            )
        browser.close()


def measure(browser: Browser, page: Page, address: str) -> Load:
    """Load a page under a trace, until nothing is asked for any more."""
    answers: list[Response] = []

    def note(answer: Response) -> None:
        # What comes from the browser's cache asks nobody.
        if not answer.request.timing["responseStart"] <= 0:
            answers.append(answer)

    page.on("response", note)
    browser.start_tracing(
        page=page, categories=["loading", "devtools.timeline", "blink.user_timing"]
    )
    page.goto(address, wait_until="networkidle")
    trace: list[dict[str, Any]] = json.loads(browser.stop_tracing())["traceEvents"]
    page.remove_listener("response", note)
    begun = next(each["ts"] for each in trace if each["name"] == "navigationStart")
    painted = [each["ts"] for each in trace if each["name"] == "firstContentfulPaint"]
    shifts = [each for each in trace if each["name"] == "LayoutShift"]
    tasks = [each.get("dur", 0) / 1000 for each in trace if each["name"] == "RunTask"]
    return Load(
        requests=len(answers),
        gzipped=sum(len(gzip.compress(answer.body(), 6)) for answer in answers),
        nodes=int(page.evaluate("document.querySelectorAll('*').length")),
        painted_ms=(painted[-1] - begun) / 1000 if painted else 0.0,
        shift=max((each["args"]["data"]["cumulative_score"] for each in shifts), default=0.0),
        blocked_ms=sum(task - _BLOCKS_FROM_MS for task in tasks if task > _BLOCKS_FROM_MS),
    )


if __name__ == "__main__":
    main()
