"""What all queries are made of, handed on to them.

`columns` and `filters` name what is asked for, `bundles` makes several lists one statement, `shell`
is the part around every page, `running` sends it all; `declared` and `collection` give a noun all
calls. Not handed on, as few use them: `comparing` says how text is compared, `paging` cuts a list,
`writing` changes rows, `undo_notes` notes how they were.
"""

from provision.tenant.queries.statements.bundles import Parts, bundle, gather, json_rows, stream
from provision.tenant.queries.statements.collection import Collection
from provision.tenant.queries.statements.columns import (
    DONE,
    ID,
    LIMIT,
    OFFSET,
    TALLY,
    TODAY,
    assignee_name,
    count_where,
    is_late,
    is_open,
    meaning,
    member_columns,
    now_rank,
    own,
    own_rows,
    project_columns,
    project_name,
    rank,
    rfc3339,
    row_version,
    row_version_sql,
    task_columns,
    utc_now,
    versioned,
    versions_by_hash,
)
from provision.tenant.queries.statements.comparing import alphabetical
from provision.tenant.queries.statements.declared import Declared
from provision.tenant.queries.statements.filters import (
    ALL_TASKS,
    Filters,
    ProjectFilters,
    TaskFilters,
    TeamFilters,
    conditions,
)
from provision.tenant.queries.statements.shell import Shell, read_shell, shell_part, tallied

__all__ = [
    "ALL_TASKS",
    "DONE",
    "ID",
    "LIMIT",
    "OFFSET",
    "TALLY",
    "TODAY",
    "Collection",
    "Declared",
    "Filters",
    "Parts",
    "ProjectFilters",
    "Shell",
    "TaskFilters",
    "TeamFilters",
    "alphabetical",
    "assignee_name",
    "bundle",
    "conditions",
    "count_where",
    "gather",
    "is_late",
    "is_open",
    "json_rows",
    "meaning",
    "member_columns",
    "now_rank",
    "own",
    "own_rows",
    "project_columns",
    "project_name",
    "rank",
    "read_shell",
    "rfc3339",
    "row_version",
    "row_version_sql",
    "shell_part",
    "stream",
    "tallied",
    "task_columns",
    "utc_now",
    "versioned",
    "versions_by_hash",
]
