"""Addresses that stand on a page many times, worked out once a request: `url_for` is slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import g, url_for

if TYPE_CHECKING:
    from collections.abc import Mapping

# What an address may hold as it is in a query, as `url_for` leaves it.
_SAFE = "!$'()*,/:;?@"


def address_of(endpoint: str, **values: Any) -> str:
    """What `url_for` answers; templates have it by that name."""
    if values:
        return url_for(endpoint, **values)
    kept: dict[str, str] = g.setdefault("addresses", {})
    found = kept.get(endpoint)
    if found is None:
        found = kept[endpoint] = url_for(endpoint)
    return found


def asking(endpoint: str, query: Mapping[str, str]) -> str:
    """The address of a page without parameters of its own, and what it is asked."""
    page = address_of(endpoint)
    return f"{page}?{urlencode(query, safe=_SAFE)}" if query else page
