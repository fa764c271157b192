"""The people of a team, as they are declared."""

from __future__ import annotations

from typing import Final

from provision.nouns.fields import Choice, Email, Percent, Text
from provision.nouns.noun import Noun

STATUSES: Final = {"available": "Available", "busy": "Busy", "away": "Away"}

TEAM_MEMBER: Final = Noun(
    "team member",
    path="team",
    member="team_member",
    collection="team_members",
    fields=(
        Text(column="name", label="Name", required=True, most=200),
        Email(column="email", label="E-mail"),
        Text(column="role", label="Role", most=200, default="Developer"),
        Percent(column="workload", label="Workload", most=200, default=0),
        Choice(column="status", label="Status", labels=STATUSES, default="available"),
    ),
)
