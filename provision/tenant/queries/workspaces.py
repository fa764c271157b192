"""Who owns rows in a database: the workspaces, and taking one up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from provision.tenant.connection.decoding import decode
from provision.tenant.queries.rows import FoundWorkspace
from provision.tenant.schema.tables import LATEST

if TYPE_CHECKING:
    from sqlalchemy import Connection

# The first INSERT waits for another that holds the same address, and yields to it; only then is
# the second one tried. No look beforehand, so two at the same moment cannot trip over each other.
_CLAIM = text("""
WITH by_address AS (
  INSERT INTO profiles (id, email, name, created_at, updated_at)
  VALUES (CAST(:owner_id AS uuid), :email, :name, timezone('utc', now()), timezone('utc', now()))
  ON CONFLICT DO NOTHING
  RETURNING id
), by_id AS (
  INSERT INTO profiles (id, email, name, created_at, updated_at)
  SELECT CAST(:owner_id AS uuid), :stand_in, :name, timezone('utc', now()), timezone('utc', now())
  WHERE NOT EXISTS (SELECT FROM by_address)
  ON CONFLICT DO NOTHING
)
INSERT INTO provision_workspaces (owner_id, name, schema_version, created_at, updated_at)
VALUES (
  CAST(:owner_id AS uuid), :workspace_name, :schema_version,
  timezone('utc', now()), timezone('utc', now()))
ON CONFLICT (owner_id) DO UPDATE
SET schema_version = excluded.schema_version, updated_at = excluded.updated_at,
    epoch = CASE WHEN :begins_epoch THEN gen_random_uuid() ELSE provision_workspaces.epoch END,
    undo = CASE WHEN :begins_epoch THEN NULL ELSE provision_workspaces.undo END
""")

_RENAME = text("""
UPDATE provision_workspaces SET name = :name, updated_at = timezone('utc', now())
WHERE owner_id = CAST(:owner_id AS uuid)
""")

_FOUND = """
SELECT coalesce(json_agg(w), '[]')::text
FROM (
  SELECT p.id AS owner_id,
         {name} AS name,
         coalesce(j.projects, 0) AS projects,
         coalesce(t.tasks, 0) AS tasks,
         to_char(greatest(j.changed_at, t.changed_at, m.changed_at),
                 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS last_change
  FROM profiles p
  {joined}
  LEFT JOIN (
    SELECT user_id, count(*) AS projects,
           max(coalesce(updated_at, created_at)) FILTER (WHERE isfinite(updated_at)) AS changed_at
    FROM projects GROUP BY user_id) j ON j.user_id = p.id
  LEFT JOIN (
    SELECT user_id, count(*) AS tasks,
           max(coalesce(updated_at, created_at)) FILTER (WHERE isfinite(updated_at)) AS changed_at
    FROM tasks GROUP BY user_id) t ON t.user_id = p.id
  LEFT JOIN (
    SELECT user_id, max(created_at) FILTER (WHERE isfinite(created_at)) AS changed_at
    FROM team_members GROUP BY user_id) m ON m.user_id = p.id
  ORDER BY greatest(j.changed_at, t.changed_at, m.changed_at) DESC NULLS LAST, p.id
  LIMIT 50
) w
"""

_FOUND_BY_VERSION = {
    1: text(_FOUND.format(name="coalesce(p.name, '')", joined="")),
    2: text(
        _FOUND.format(
            name="coalesce(w.name, p.name, '')",
            joined="LEFT JOIN provision_workspaces w ON w.owner_id = p.id",
        )
    ),
}


def claim(
    conn: Connection,
    owner_id: str,
    *,
    email: str,
    name: str,
    workspace_name: str | None = None,
    begins_epoch: bool = True,
) -> None:
    """Create or adopt the workspace of `owner_id`, in one statement; one there keeps its name.

    `name` is its person's; a new one is called `workspace_name`, else as the person.

    Where its rows may have come from elsewhere it `begins_epoch`: no version from before holds, and
    nothing from before can be undone. Its address is `<owner_id>@workspace.invalid` where another
    row already holds `email`.
    """
    parameters = {
        "owner_id": owner_id,
        "email": email,
        "stand_in": f"{owner_id}@workspace.invalid",
        "name": name,
        "workspace_name": workspace_name or name,
        "schema_version": LATEST,
        "begins_epoch": begins_epoch,
    }
    conn.execute(_CLAIM, parameters)


def rename(conn: Connection, owner_id: str, *, name: str) -> None:
    """Give the workspace of `owner_id` another name."""
    conn.execute(_RENAME, {"owner_id": owner_id, "name": name})


def found(conn: Connection, version: int = LATEST) -> list[FoundWorkspace]:
    """List the workspaces in a database whose schema is complete at `version`, latest first.

    At most 50: more are no list to choose from.
    """
    return decode(conn.execute(_FOUND_BY_VERSION[version]).scalar(), list[FoundWorkspace])
