"""What the registry tells of one tenant, for the person whose database it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LastFailure:
    """Its code (CONTRACT section 5), what is wrong in plain words, and what to do next."""

    code: str
    detail: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """One tenant as the registry of this process sees it.

    `waits` are the calls that had to wait for a connection since its engine was made;
    `left_alone_s` is how long it is still left alone after failures, 0 where it is not;
    `last_failure` is that of the last call, None where it went well.
    """

    connections: int
    connections_lent: int
    connections_max: int
    waits: int
    left_alone_s: int
    last_failure: LastFailure | None
