"""Settings of the person: one blueprint, a module for each page.

The pages stand without the database, so that a string that fails can be replaced here.
"""

from __future__ import annotations

from flask import Blueprint

from provision.web.settings import appearance, databases, profile, sessions, two_factor

bp = Blueprint("settings", __name__, url_prefix="/settings")
for page in (profile, two_factor, sessions, databases, appearance):
    page.register(bp)
