"""Answer with HTML: a whole page, or for htmx only the blocks that changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Response, flash, make_response, render_template, url_for
from flask import redirect as flask_redirect
from jinja2_fragments.flask import render_blocks

from provision.web.answer import htmx as hx
from provision.web.answer import undo_offer
from provision.web.answer.htmx import htmx
from provision.web.answer.swapping import mark_as_drawn
from provision.web.answer.urls import safe_next

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from provision.errors import RateLimitedError
    from provision.web.answer.htmx import Made


def respond(template: str, *blocks: str, status: int = 200, **context: Any) -> Response:
    """Render `template`, or only `blocks` of it, joined, when htmx asks.

    Blocks after the first are meant to be swapped out of band.
    """
    if htmx and blocks:
        body = render_blocks(template, list(blocks), **context)
    else:
        body = render_template(template, **context)
    response = make_response(body, status)
    mark_as_drawn(response)
    response.headers.add("Vary", "HX-Request")
    return response


def show_form(
    template: str,
    *blocks: str,
    errors: Mapping[str, Sequence[str]],
    refusal: RateLimitedError | None = None,
    **context: Any,
) -> Response:
    """Render a form: to be filled in (200), to be mended (422), or sent too often (429)."""
    status = 429 if refusal else 422 if errors else 200
    response = respond(template, *blocks, status=status, errors=errors, refusal=refusal, **context)
    if refusal:
        response.headers["Retry-After"] = str(refusal.retry_after_s)
    return response


def append(response: Response, template: str, *blocks: str, **context: Any) -> Response:
    """Append blocks of another template to a fragment, to be swapped out of band."""
    response.set_data(
        response.get_data(as_text=True) + render_blocks(template, list(blocks), **context)
    )
    return response


def done(
    location: str,
    text: str,
    template: str,
    *blocks: str,
    counts_changed: bool = True,
    made: Made | None = None,
    **context: Any,
) -> Response:
    """Answer a form that was carried out.

    A plain form is sent to `location` (303), which shows `text`; htmx gets the blocks and a toast.
    Without blocks htmx is sent to `location`, too. `counts_changed` says whether the numbers in the
    sidebar may have changed. `new` and `edit`, which open a form, are removed from the address bar.
    """
    if not htmx or not blocks:
        return leave_for(location, text, show=made.show if made else "")
    said = undo_offer.toast(text)
    response = hx.toast(
        respond(template, *blocks, **context),
        said.text,
        undo=said.undo,
        made=made,
        counts_changed=counts_changed,
    )
    page = urlsplit(htmx.current_url)
    asked = parse_qsl(page.query, keep_blank_values=True)
    lasting = [(name, value) for name, value in asked if name not in ("new", "edit")]
    if lasting != asked:
        hx.replace_url(response, f"{page.path}?{urlencode(lasting)}" if lasting else page.path)
    return response


def leave_for(location: str, text: str | None = None, *, show: str = "") -> Response:
    """Send the browser to another page: 303 for a plain request, `HX-Redirect` for htmx.

    `show` is the address of what `text` is about.
    """
    if text:
        said = undo_offer.toast(text)
        flash(said.text, said.undo or (f"show {show}" if show else "done"))
    if htmx:
        return hx.redirect(make_response("", 200), location)
    return make_response(flask_redirect(safe_next(location) or url_for("landing.page"), 303))
