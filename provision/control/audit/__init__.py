"""The audit log: what happened to accounts, and who asked for it.

`log` writes, lists and purges its lines; `client` is who asks.
"""

from __future__ import annotations

from provision.control.audit.client import MAX_CLIENT_CHARACTERS, NOBODY, OPERATOR, Client
from provision.control.audit.log import (
    MOST_OF_A_PERSON,
    Event,
    EventName,
    listing,
    note,
    purge,
    record,
    strip,
)

__all__ = [
    "MAX_CLIENT_CHARACTERS",
    "MOST_OF_A_PERSON",
    "NOBODY",
    "OPERATOR",
    "Client",
    "Event",
    "EventName",
    "listing",
    "note",
    "purge",
    "record",
    "strip",
]
