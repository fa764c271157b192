"""The tests' counting proxy, by the name under which benchmarks look for it."""

from __future__ import annotations

from tests.counting_proxy import CountingProxy

__all__ = ["CountingProxy"]
