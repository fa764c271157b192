"""The bounds that a registry keeps, checked when they are made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Hold how many, how long and how much; times are in seconds.

    Raises ValueError, with a sentence, for a bound that makes no sense.
    """

    max_engines: int = 256
    """As many tenants are kept."""
    max_connections: int = 400
    """As many are open in all."""
    tenant_connections: int = 4
    """As many are open to one tenant."""
    idle_s: float = 60.0
    """An engine that is not used for so long is closed."""
    connect_timeout_s: float = 5.0
    """Checking a connection out takes no longer, waiting included."""
    query_timeout_s: float = 10.0
    """The statements of one call take no longer together."""
    max_result_bytes: int = 64 * 1024 * 1024
    trouble_slots: int = 8
    """As many calls wait at once for tenants that are slow, see `breaker`."""

    def __post_init__(self) -> None:
        for holds, sentence in (
            (self.max_engines >= 1, "At least one engine must be kept."),
            (self.max_connections >= 1, "At least one connection must be allowed."),
            (self.tenant_connections >= 1, "A tenant needs at least one connection."),
            (
                self.tenant_connections <= self.max_connections,
                "One tenant cannot have more connections than all together.",
            ),
            (self.idle_s > 0.0, "An engine must be kept for more than no time."),
            (self.connect_timeout_s > 0.0, "Connecting must be given some time."),
            (self.query_timeout_s > 0.0, "A call must be given some time."),
            (self.max_result_bytes >= 65536, "A result must be allowed at least 64 KiB."),
            (self.trouble_slots >= 1, "At least one call must be able to find out about trouble."),
        ):
            if not holds:
                raise ValueError(sentence)

    @property
    def tenant_slots(self) -> int:
        """Return how many slots one tenant may take: six of eight.

        A browser asks for as many at once while a database wakes up.
        """
        return max(1, self.trouble_slots * 3 // 4)
