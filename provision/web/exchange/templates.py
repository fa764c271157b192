"""Files to fill in, and where other programs hand out theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provision.errors import NotFoundError
from provision.web.exchange.reading.csv_text import beginning, line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TEMPLATES: Final[Mapping[str, Sequence[Sequence[str]]]] = {
    "tasks": (
        ("Title", "Description", "Status", "Priority", "Due date", "Project", "Assignee",
         "Done on"),
        ("Write the report", "Two pages", "In progress", "High", "2026-12-18", "Website",
         "ana@example.org", ""),
        ("Order paper", "", "Done", "Medium", "2026-11-20", "Office", "Ben Okafor", "2026-11-19"),
    ),
    "projects": (
        ("Name", "Description", "Status", "Priority", "Budget", "Spent", "Due date"),
        ("Website", "The new shop", "Active", "High", "12000.00", "3400.50", "2027-03-31"),
        ("Office", "", "Planning", "Low", "", "", ""),
    ),
    "team": (
        ("Name", "E-mail", "Role", "Workload", "Status"),
        ("Ana Lindqvist", "ana@example.org", "Designer", "80", "Available"),
        ("Ben Okafor", "", "Developer", "40", "Away"),
    ),
}  # fmt: skip

TOOLS: Final[Sequence[tuple[str, str]]] = (
    ("Airtable", "Open the grid view, then the menu beside its name, Download CSV."),
    ("Asana", "Open the project, the arrow beside its name, Export/Print, CSV."),
    (
        "Basecamp",
        "Copy the to-dos into a sheet; To-do, Assigned to, Due on, Completed on are read.",
    ),
    ("ClickUp", "Open the list, the menu of the view, Export view, CSV."),
    ("GitHub", "Projects: the menu of the view, Export view data. Issues: gh issue list --json."),
    ("GitLab", "Open Issues, the menu at the top right, Export as CSV; it comes by e-mail."),
    ("Jira", "Search for issues, Export, CSV (my defaults or all fields)."),
    ("Linear", "Settings, Workspace, Import and export, Export CSV."),
    ("Microsoft Planner", "Open the plan, the menu beside its name, Export plan to Excel."),
    ("Microsoft To Do", "Outlook: File, Open & Export, Export to a file, CSV, Tasks."),
    ("Monday", "Open the board, the menu at the top right, More actions, Export board to Excel."),
    ("Notion", "Open the database, the menu, Export, Markdown & CSV; unpack it, take the CSV."),
    ("Smartsheet", "File, Export, Export to Microsoft Excel."),
    ("Todoist", "Open the project, the menu, Export as CSV."),
    ("Trello", "Open the board, the menu, Print, export and share, Export as JSON or CSV."),
    ("Wrike", "Open the folder or project, the menu, Export to Excel."),
    ("Excel, Google Sheets", "Take the .xlsx file, or download the sheet as CSV."),
)
"""The programs that people come from, and where each hands out a file that is read here."""


def content(kind: str) -> bytes:
    """Return the template of a kind as a CSV file. Raises NotFoundError for another kind."""
    if kind not in _TEMPLATES:
        raise NotFoundError
    heads, *rows = _TEMPLATES[kind]
    return beginning(heads) + b"".join(map(line, rows))
