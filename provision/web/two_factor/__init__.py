"""The second factor at `/auth/two-factor`: `challenge` asks for it, `setup` turns it on.

`codes` checks a code for every page and call; `reauthentication` asks for password and code again
before a dangerous action.
"""

from __future__ import annotations

from flask import Blueprint

from provision.web.two_factor import challenge, setup

bp = Blueprint("two_factor", __name__, url_prefix="/auth/two-factor")
for page in (challenge, setup):
    page.register(bp)
