"""Numbers about one tenant, for the person whose database it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LastFailure:
    """Say what was wrong: code (docs/troubleshooting.md), plain words, and a next step."""

    code: str
    detail: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """Describe one tenant as the registry of this process sees it.

    `waits` are the calls that had to wait for a connection since its engine was made;
    `retry_in_s` are the seconds until it is tried again, 0 where we do not back off;
    `last_failure` is that of the last call, None where it went well.
    """

    connections: int
    connections_lent: int
    connections_max: int
    waits: int
    retry_in_s: int
    last_failure: LastFailure | None
