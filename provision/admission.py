"""Which saved connections the present network policy refuses, for the operator who changed it.

The policy judges an address each time one is connected to; here the addresses of all saved
connections are judged at once, and nothing is connected to.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from provision.errors import AddressRefusedError, TenantError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from provision.control.connections import SavedPlace
    from provision.tenant.network.policy import NetworkPolicy

_AT_ONCE: Final = 16


@dataclass(frozen=True, slots=True)
class Admission:
    """Places that the policy refuses, and those whose name could not be looked up in time."""

    refused: tuple[SavedPlace, ...]
    unknown: tuple[SavedPlace, ...]


def refused_by_text(policy: NetworkPolicy, places: Iterable[SavedPlace]) -> tuple[SavedPlace, ...]:
    """Return the places whose host is a refused address as it stands; no name is looked up."""
    return tuple(each for each in places if _judge_text(policy, each.host) is False)


def examine(policy: NetworkPolicy, places: Iterable[SavedPlace], *, within_s: float) -> Admission:
    """Judge every place, its name looked up, within `within_s` in all."""
    until = time.monotonic() + within_s
    found = tuple(places)
    hosts = {(each.host, each.port): each for each in found}

    def judge(place: SavedPlace) -> bool | None:
        left = until - time.monotonic()
        return _judge(policy, place, left) if left > 0.0 else _judge_text(policy, place.host)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        verdicts = dict(zip(hosts, pool.map(judge, hosts.values()), strict=True))
    return Admission(
        refused=tuple(each for each in found if verdicts[each.host, each.port] is False),
        unknown=tuple(each for each in found if verdicts[each.host, each.port] is None),
    )


def _judge(policy: NetworkPolicy, place: SavedPlace, timeout_s: float) -> bool | None:
    try:
        policy.resolve(place.host, place.port, timeout_s=timeout_s)
    except AddressRefusedError:
        return False
    except TenantError:  # the name leads nowhere, or was not found in time
        return None
    return True


def _judge_text(policy: NetworkPolicy, host: str) -> bool | None:
    """Judge a host that is an address; None for a name, which has to be resolved first."""
    try:
        policy.judge_literal(host)
    except AddressRefusedError:
        return False
    return None
