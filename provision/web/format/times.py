"""Times of the control store, unix seconds there, as the API writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(seconds: int | None) -> str | None:
    """`2026-11-23T14:32:00Z`; None stays None."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
