"""The blueprint of both pages."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("two_factor", __name__, url_prefix="/auth/two-factor")
