"""Days as databases and pages hold them, in text."""

from __future__ import annotations

from datetime import date


def parse_day(text: str | None) -> date | None:
    """Read a stored date; None for none and for what `date` cannot hold (infinity, BC)."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
