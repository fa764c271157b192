"""How long a test waits for what has to end by itself.

On a busy machine anything may take ten times as long, so that no test asserts that something is
fast: `benchmarks/` measures that. Where a deadline is tried, the other side never answers at all,
and ending within this time means that it was the deadline.
"""

from __future__ import annotations

from typing import Final

LONG_S: Final = 30.0
"""Longer than any limit that tests set, and shorter than what never ends."""
