"""`/auth/two-factor`: the second half of signing in, and setting it up; a module for each page."""

from __future__ import annotations

from flask import Blueprint

from provision.web.two_factor import challenge, setup

bp = Blueprint("two_factor", __name__, url_prefix="/auth/two-factor")
for page in (challenge, setup):
    page.register(bp)
