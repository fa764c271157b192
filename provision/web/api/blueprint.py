"""The blueprint of the JSON API, and what every call goes through."""

from __future__ import annotations

from flask import Blueprint

from provision.web.api.body import count_body
from provision.web.api.conditions import CONDITIONS, tag_and_compare
from provision.web.api.query import PARAMETERS

bp = Blueprint("api", __name__, url_prefix="/api")
bp.before_request(PARAMETERS.check)
bp.before_request(CONDITIONS.check)
bp.before_request(count_body)
bp.after_request(tag_and_compare)
