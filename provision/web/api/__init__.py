"""The JSON API: one blueprint, a module per subject."""

from __future__ import annotations

from flask import Blueprint

from provision.web.api import account, connection, docs, nouns, openapi, tokens
from provision.web.api.body import count_body
from provision.web.api.conditions import CONDITIONS, tag_and_compare
from provision.web.api.query import PARAMETERS

bp = Blueprint("api", __name__, url_prefix="/api")
account.register(bp)
tokens.register(bp)
connection.register(bp)
nouns.register(bp)
openapi.register(bp)
docs.register(bp)
bp.before_request(PARAMETERS.check)
bp.before_request(CONDITIONS.check)
bp.before_request(count_body)
bp.after_request(tag_and_compare)
