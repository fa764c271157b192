"""One tab of a browser, watched: whatever goes wrong while it is used fails the test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import (
        Browser,
        ConsoleMessage,
        Locator,
        Page,
        Request,
        Response,
    )

# The machine may be busy with other tests.
_PATIENCE_MS = 15_000
# One such line stands for each answer of 400 and above; the answers themselves are watched.
_REFUSED = "Failed to load resource: the server responded with a status of"
# A request given up because another took its place, as typing on does.
_GIVEN_UP = "net::ERR_ABORTED"

expect.set_options(timeout=_PATIENCE_MS)


@dataclass  # without slots: Playwright leaves attributes on who listens to it
class Tab:
    """A page of its own browser context; `problems` is what went wrong so far."""

    page: Page
    url: str
    has_script: bool
    problems: list[str] = field(default_factory=list)
    _allowed: set[int] = field(default_factory=set)

    def go(self, path: str) -> Response:
        """Load a page of the app."""
        answer = self.page.goto(self.url + path)
        assert answer is not None
        assert answer.ok or answer.status in self._allowed, f"{answer.status} at {path}"
        return answer

    def allow(self, *statuses: int) -> None:
        """From now on these answers are what the test asks for."""
        self._allowed.update(statuses)

    def press(self, name: str, within: str = "body") -> None:
        """Press a button, by the words on it."""
        self.page.locator(within).get_by_role("button", name=name).click()

    def follow(self, name: str, within: str = "body") -> None:
        """Follow a link, by its words."""
        self.page.locator(within).get_by_role("link", name=name).first.click()

    def field(self, label: str) -> Locator:
        """The field of that name in a form that writes; filters are other forms."""
        return self.page.locator("form[method=post]").get_by_label(label, exact=True)

    def fill(self, fields: dict[str, str]) -> None:
        """Fill the form in, field by field, as labelled; what a list offers is chosen."""
        for label, value in fields.items():
            control = self.field(label)
            if is_list(control):
                control.select_option(label=value)
            else:
                control.fill(value)

    def sees(self, text: str, within: str = "body") -> None:
        """Wait until the words are to be seen."""
        expect(self.page.locator(within)).to_contain_text(text)

    def is_at(self, path: str) -> None:
        """Wait until the address is this one."""
        expect(self.page).to_have_url(self.url + path)

    def is_told(self, text: str) -> None:
        """Wait for the toast."""
        expect(self.page.locator("#toasts .toast").filter(has_text=text)).to_be_visible()

    def mark(self) -> None:
        """Leave a trace that only a new document wipes away."""
        self.page.evaluate("window.isSameDocument = true")

    def assert_not_reloaded(self) -> None:
        """With script: the document is the one that was marked."""
        if self.has_script:
            assert self.page.evaluate("window.isSameDocument === true"), "the page was reloaded"

    def focused(self) -> Locator:
        return self.page.locator(":focus")

    def close(self) -> None:
        self.page.context.close()

    def watch(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        self.page.on("request", self._see_request)
        self.page.on("requestfailed", self._see_failure)
        self.page.on("response", self._see_answer)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_REFUSED):
            self.problems.append(f"console: {message.text}")

    def _see_request(self, request: Request) -> None:
        if not request.url.startswith(self.url):
            self.problems.append(f"asked elsewhere: {request.url}")

    def _see_failure(self, request: Request) -> None:
        if request.failure != _GIVEN_UP:
            self.problems.append(f"failed: {request.url}: {request.failure}")

    def _see_answer(self, answer: Response) -> None:
        if answer.status >= 400 and answer.status not in self._allowed:
            self.problems.append(f"{answer.status}: {answer.request.method} {answer.url}")


def is_list(control: Locator) -> bool:
    return bool(control.evaluate("each => each.tagName === 'SELECT'"))


def open_tab(browser: Browser, url: str, *, script: bool, **options: Any) -> Tab:
    """A tab in a browser without any cookies."""
    context = browser.new_context(java_script_enabled=script, **options)
    context.set_default_timeout(_PATIENCE_MS)
    tab = Tab(context.new_page(), url, script)
    tab.watch()
    return tab
