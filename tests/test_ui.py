"""The macros of `_ui.html`: what each promises to the page that calls it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from provision.web.format import filters

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


@pytest.fixture(scope="module")
def ui() -> Any:
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(
        asset=lambda path: f"/static/{path}", csrf_token=lambda: "token", labels=filters.labels
    )
    filters.install(env)
    return env.get_template("_ui.html").module


def test_an_error_is_tied_to_its_field(ui: Any) -> None:
    html = ui.field("budget", "Budget", "-200", ["Budget is 0 or more."], hint="In whole money")
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="budget-error budget-hint"' in html
    assert 'id="budget-error"' in html
    assert "Budget is 0 or more." in html


def test_a_field_without_trouble_carries_no_trace_of_it(ui: Any) -> None:
    html = ui.field("name", "Name", "Website")
    assert "aria-" not in html
    assert '<label for="name">Name</label>' in html


@pytest.mark.parametrize("macro", ["field", "textarea"])
def test_what_was_typed_is_escaped(ui: Any, macro: str) -> None:
    html = getattr(ui, macro)("name", "Name", "</textarea>\"'<script>")
    assert "<script>" not in html
    assert html.count("</textarea>") == (macro == "textarea")


def test_none_is_shown_as_nothing(ui: Any) -> None:
    assert 'value=""' in ui.field("due_date", "Due", None)
    assert "None" not in ui.select("assignee_id", "Assignee", [("", "Nobody")], None)


def test_a_password_is_never_sent_back_unasked(ui: Any) -> None:
    assert 'value=""' in ui.field("password", "Password", type="password")


def test_a_foreign_value_stays_choosable(ui: Any) -> None:
    html = ui.select("status", "Status", [("planning", "Planning")], "frozen")
    assert '<option value="frozen" selected dir="auto">frozen</option>' in html


@pytest.mark.parametrize("noun", ["task", "project", "team"])
def test_a_foreign_status_keeps_its_own_name(ui: Any, noun: str) -> None:
    html = ui.status(noun, "<b>frozen")
    assert "<em>&lt;b&gt;frozen</em>" in html
    assert "disc-foreign" in html


def test_a_known_status_reads_as_a_word(ui: Any) -> None:
    assert "In progress" in ui.status("task", "in_progress")
    assert "#task-in_progress" in ui.status("task", "in_progress")


@pytest.mark.parametrize(
    ("percent", "kind"),
    [(0, ""), (89, ""), (90, "gauge-near"), (100, "gauge-near"), (101, "gauge-over")],
)
def test_a_gauge_warns_from_ninety_and_tells_what_is_over(ui: Any, percent: int, kind: str) -> None:
    html = ui.gauge(percent, "Website, spent")
    found = re.findall(r"gauge-near|gauge-over", html)
    assert found == ([kind] if kind else [])
    assert f"Website, spent: {percent} %" in html


def test_a_gauge_far_over_stays_inside_its_box(ui: Any) -> None:
    widths = [float(width) for width in re.findall(r'width="([\d.]+)%"', ui.gauge(900, "Ana"))]
    assert max(widths) <= 80
    assert sum(sorted(widths)[:1]) == 20


def test_a_gauge_without_a_number_says_so(ui: Any) -> None:
    assert "not known" in ui.gauge(None, "Website, spent")


def test_a_late_day_says_how_late_and_a_done_one_is_never_late(ui: Any) -> None:
    assert "1 day late" in ui.due("2026-11-20", "Fri 20 Nov", days_late=1)
    assert "late" not in ui.due("2026-11-20", "Fri 20 Nov", days_late=1, done=True)


def test_a_person_keeps_one_hue(ui: Any) -> None:
    assert ui.avatar("Ana Lindqvist") == ui.avatar("Ana Lindqvist")
    assert ">AL</span>" in ui.avatar("Ana Lindqvist")


@pytest.mark.parametrize("name", ["", None, "  "])
def test_nobody_has_a_shape_too(ui: Any, name: str | None) -> None:
    assert "avatar-nobody" in ui.avatar(name)


def test_every_form_of_one_button_carries_the_token(ui: Any) -> None:
    assert 'name="csrf_token" value="token"' in ui.post_button("Sign out", "/logout")
    assert 'name="csrf_token"' in ui.confirm_dialog("del", "Delete?", "All of it.", "/x/delete")


def test_no_macro_is_longer_than_one_look() -> None:
    text = (TEMPLATES / "_ui.html").read_text(encoding="utf-8")
    bodies = re.findall(r"macro (\w+)\(.*?endmacro", text, re.DOTALL)
    spans = re.findall(r"macro \w+\(.*?endmacro", text, re.DOTALL)
    assert bodies
    assert max(span.count("\n") + 1 for span in spans) <= 25


def test_a_toast_with_undo_counts_down_unheard(ui: Any) -> None:
    html = ui.toast("Moved.", undo="/undo", fields={"token": "<x>"})
    assert 'data-seconds="30"' in html
    assert '<span aria-hidden="true"><span data-seconds-left>30</span> s</span>' in html
    assert 'name="token" value="&lt;x&gt;"' in html
    assert "data-seconds" not in ui.toast("Saved.")


def test_a_secret_is_escaped_and_one_line_each(ui: Any) -> None:
    html = ui.secret("codes", ["a<b", "c"], "Recovery codes")
    assert '<code id="codes" tabindex="0">a&lt;b\nc</code>' in html
    assert 'data-copy="codes"' in html


def test_a_code_is_filled_in_by_the_device_that_knows_it(ui: Any) -> None:
    html = ui.code_field("code", "Code", ["Too old."])
    assert 'autocomplete="one-time-code"' in html
    assert 'value="' not in html
    assert 'aria-describedby="code-error"' in html
