"""Provision: projects, tasks and people in a PostgreSQL database that belongs to you."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from provision.settings import Settings


def create_app(settings: Settings) -> Flask:
    """Make the app of one worker process. Raises SettingsError if it cannot run as configured."""
    # Imported here: whoever wants one module of the package need not load all of it.
    from provision.assembly import assemble  # noqa: PLC0415

    return assemble(settings)


def close_app(app: Flask) -> None:
    """Close every connection that `app` holds, to tenants and to the control store."""
    from provision.assembly import dismantle  # noqa: PLC0415

    dismantle(app)
