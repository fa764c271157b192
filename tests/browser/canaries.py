"""A tab that is watched for what planted text would do: requests of its own, tags of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playwright.sync_api import Error, expect

from tests.browser.planting import CANARY

if TYPE_CHECKING:
    from playwright.sync_api import Request

    from tests.browser.tab import Tab

# Tags that no page of ours has, and attributes that only a planted one has.
_ALIVE = """() => {
  const tags = "base, meta[http-equiv], iframe, object, embed, style, image, template[hx],"
    + "script:not([src^='/static/']), link:not([href^='/static/']), form[hx-trigger=load],"
    + "[onerror], [onload], [hx-get^='/canary'], [data-hx-get], [data-hx-post], [src^='/canary']";
  const inText = ".markdown :is([class], [id], [name], [hx-get], [hx-boost], form, input, img)";
  return [...document.querySelectorAll(`${tags}, ${inText}`)]
    .map((each) => each.outerHTML.slice(0, 200));
}"""
_LINKS = """() => [...document.querySelectorAll("a[href]")]
  .filter((each) => each.host === location.host)
  .map((each) => ({
    href: each.getAttribute("href"),
    get: each.getAttribute("hx-get") ?? "",
    isText: Boolean(each.closest(".markdown")),
    isFile: each.matches("[download], [href^='/exports/'], [href^='/api/']:not([href$='/docs'])"),
    isBoosted: each.closest("[hx-boost]")?.getAttribute("hx-boost") === "true",
  }))"""
_FOLLOW = """({ href, get, isText }) => [...document.querySelectorAll("a[href]")]
  .find((each) => each.getAttribute("href") === href
    && (each.getAttribute("hx-get") ?? "") === get
    && Boolean(each.closest(".markdown")) === isText).click()"""
_FORMS = """() => [...document.querySelectorAll("form")].map((each) => ({
  action: each.getAttribute("action") ?? "",
  method: each.method,
  fields: [...each.elements].map((one) => one.name).join(),
}))"""
_SEND = """([{ action, fields }, text]) => {
  const names = (form) => [...form.elements].map((one) => one.name).join();
  const form = [...document.querySelectorAll("form")]
    .find((each) => (each.getAttribute("action") ?? "") === action && names(each) === fields);
  const typed = "textarea, input:is([type=text], [type=search], [type=password], [type=email])";
  for (const each of form.elements) if (each.matches(typed)) each.value = text;
  form.noValidate = true;
  form.requestSubmit();
}"""
# What a click begins has begun by then; nothing is judged by it.
_MOMENT_MS = 40


class Canaries:
    """All that the browser asks for; none of it may be what planted text asks for."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.requests: list[Request] = []
        tab.page.on("request", self._note)

    def go(self, path: str) -> None:
        self.tab.page.goto(self.tab.url + path)
        self.settle()

    def links(self) -> list[dict[str, Any]]:
        """The links of the page to this site, as shown and as hidden in menus."""
        found: list[dict[str, Any]] = self.tab.page.evaluate(_LINKS)
        return found

    def forms(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.tab.page.evaluate(_FORMS)
        return found

    def follow(self, link: dict[str, Any]) -> list[Request]:
        """Click a link of `links`; returns what was asked for."""
        before = len(self.requests)
        self.tab.page.evaluate(_FOLLOW, link)
        self._let_load(before)
        return self.requests[before:]

    def send(self, form: dict[str, Any], text: str) -> None:
        """Fill every field of a form of `forms` with `text`, and submit it."""
        before = len(self.requests)
        self.tab.page.evaluate(_SEND, [form, text])
        self._let_load(before)

    def settle(self) -> None:
        self.tab.page.wait_for_load_state("load")
        expect(self.tab.page.locator(".htmx-request")).to_have_count(0)

    def check(self, where: str) -> None:
        """Nothing planted is alive on the page, and nothing has been asked for by it."""
        assert self._alive() == [], where
        asked = [each.url for each in self.requests if self._is_planted(each.url)]
        assert asked == [], where

    def _alive(self) -> list[str]:
        while True:
            try:
                found: list[str] = self.tab.page.evaluate(_ALIVE)
            except Error as error:
                if "Execution context was destroyed" not in str(error):
                    raise
                self.settle()  # another page came in its place meanwhile
            else:
                return found

    def _let_load(self, before: int) -> None:
        self.tab.page.wait_for_timeout(_MOMENT_MS)
        for each in self.requests[before:]:
            # A page that the browser loads, or a file, has answered before it is looked at.
            if each.is_navigation_request():
                each.response()
        self.settle()

    def _note(self, request: Request) -> None:
        self.requests.append(request)

    def _is_planted(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.path.startswith(CANARY) or parts.hostname == "canary.example"
