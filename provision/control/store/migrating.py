"""Runs the control store's migrations, forward only.

Apart from `store`, because Alembic takes 0.15 s to load.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from provision.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

# Alembic's `op` and `context` are global to the process: two threads at once have been seen to
# run one's statements on the other's connection.
_alembic: Final = threading.Lock()


def upgrade(connection: Connection, folder: Path) -> None:
    """Bring the store to the newest revision inside the caller's transaction, all or nothing.

    Raises SettingsError for a store that is newer than the revisions in `folder`.
    """
    with _alembic:
        config = config_for(folder)
        script = ScriptDirectory.from_config(config)
        present = MigrationContext.configure(connection).get_current_revision()
        if present == script.get_current_head():
            return  # another process was first
        if present not in {None, *(each.revision for each in script.walk_revisions())}:
            raise SettingsError(
                f"PROVISION_CONTROL_URL: the control store is at revision {present!r}, made by a "
                f"newer Provision; this one knows up to {script.get_current_head()!r}"
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    if connection.dialect.name == "sqlite":
        _check_references(connection)


def config_for(folder: Path) -> Config:
    """Return Alembic's configuration without a file: only where the migrations are."""
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        tables = ", ".join(sorted({str(row[0]) for row in broken}))
        raise SettingsError(
            f"PROVISION_CONTROL_URL: the control store holds rows that refer to nothing ({tables});"
            " it was left as it is"
        )
