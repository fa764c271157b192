"""What a status is called stands in its noun: renamed there, it is renamed wherever it is shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from provision.nouns import projects, tasks, team
from provision.nouns.fields import PRIORITIES

if TYPE_CHECKING:
    import pytest

    from tests.web.conftest import Visitor

_TEMPLATES = Path(__file__).parents[2] / "templates"


def test_a_status_renamed_in_the_noun_is_renamed_in_form_filter_badge_and_board(
    client: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post_form("/tasks", {"title": "Proof", "status": "review"})
    # Before the first page: what pages draw is kept, as labels do not change while an app runs.
    assert tasks.STATUSES["review"] == "Review"
    monkeypatch.setitem(tasks.STATUSES, "review", "In question")
    for address, shown in (
        ("/tasks?view=list", r"</svg>In question</span>"),
        ("/tasks?view=list", r'<option value="review"[^>]*>In question</option>'),
        ("/tasks?new=1", r'<option value="review"[^>]*>In question</option>'),
        ("/tasks", r"In question"),
        ("/dashboard", r"In question"),
    ):
        page = client.get(address).text
        assert re.search(shown, page), (address, shown)
        assert ">Review<" not in page, address


def test_no_template_holds_a_label_of_its_own() -> None:
    labels = {
        label
        for each in (tasks.STATUSES, projects.STATUSES, team.STATUSES, PRIORITIES)
        for label in each.values()
    }
    # `Done` and `Active` are words of other sentences, too; the style guide and the landing page
    # show made-up rows.
    quoted = {f"'{label}'" for label in labels - {"Done", "Active"}}
    for path in _TEMPLATES.rglob("*.html"):
        if path.parent.name == "styleguide" or path.name == "landing.html":
            continue
        text = path.read_text(encoding="utf-8")
        assert not [each for each in quoted if each in text], path
