"""The sample workspace: fill it in, and remove it again, with or without what was changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request, url_for

from provision.tenant.transfer import sample
from provision.web.answer.partials import leave_for, respond
from provision.web.format import dates
from provision.web.request import workspace

if TYPE_CHECKING:
    from provision.tenant.transfer.sample import Sample

bp = Blueprint("sample", __name__, url_prefix="/sample")

_NOUNS: Final = (
    ("projects", "project", "projects"),
    ("tasks", "task", "tasks"),
    ("team_members", "person", "people"),
)


@bp.get("")
def page() -> Response:
    """Show which sample rows are there, and which of them were changed or are in use."""
    found = workspace.read(sample.look, today=dates.today())
    titles = {
        row["id"]: str(row["title"] if name == "tasks" else row["name"])
        for name, rows in found.rows.items()
        for row in rows
    }
    return respond(
        "sample.html",
        "sample",
        shell=found.shell,
        active="settings",
        counts=counts(found),
        changed=sorted(titles[each] for each in found.changed),
        own=[task.title for task in found.own_tasks],
        kept=len(found.kept()),
        total=found.count,
    )


@bp.post("")
def fill() -> Response:
    """Write the sample into an empty workspace."""
    if workspace.write(sample.fill, now=datetime.now(UTC)):
        text = "Sample data is filled in. Settings, Import and export takes it away again."
    else:
        text = "Nothing was filled in: this workspace holds work already."
    return leave_for(url_for("dashboard.page"), text)


@bp.post("/remove")
def remove() -> Response:
    """Remove the sample; rows that were changed or are in use stay unless `all` is chosen."""
    found = workspace.read(sample.look)
    keeps = request.form.get("what") != "all"
    gone = workspace.write(sample.remove, sample=found, keeps=keeps)
    left = found.count - gone
    text = f"{gone:,} sample rows are removed." if gone != 1 else "1 sample row is removed."
    if left:
        text += f" {left:,} stay." if left != 1 else " 1 stays."
    return leave_for(url_for("dashboard.page"), text)


def counts(found: Sample) -> str:
    """Return the numbers in words: `6 projects, 64 tasks and 6 people`; empty for none."""
    parts = [
        f"{len(found.rows[table]):,} {one if len(found.rows[table]) == 1 else many}"
        for table, one, many in _NOUNS
        if found.rows[table]
    ]
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
