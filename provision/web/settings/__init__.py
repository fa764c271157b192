"""Settings of the person: one blueprint, a module for each page.

`frame` draws what is around a page; `events` and `agents` write the audit log for people. No page
needs the person's database, so that a connection string that fails can be replaced here.
"""

from __future__ import annotations

from flask import Blueprint

from provision.web.settings import (
    activity,
    appearance,
    databases,
    email,
    password,
    profile,
    sessions,
    tokens,
    two_factor,
    your_data,
)

bp = Blueprint("settings", __name__, url_prefix="/settings")
for page in (
    profile,
    email,
    password,
    two_factor,
    sessions,
    tokens,
    databases,
    activity,
    appearance,
    your_data,
):
    page.register(bp)
