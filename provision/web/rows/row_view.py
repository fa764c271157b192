"""How rows of a noun are looked at: as cards or a table, in which order, through which filter.

All of it stands in the address, so that it can be shared, and goes back into the page's links.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import url_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Head(NamedTuple):
    """A column of the table: its title, what it sorts by ("" for nothing), and its classes."""

    title: str
    sort: str = ""
    kind: str = ""


class ShownHead(NamedTuple):
    """A heading as a link; `direction` is how the table is sorted by it now."""

    title: str
    kind: str
    url: str
    direction: str


@dataclass(frozen=True, slots=True)
class RowView:
    """`wanted` is what each filter asks for; cards always come in the noun's own order, `usual`."""

    is_table: bool
    sort: str
    usual: str
    wanted: Mapping[str, str | None]

    @property
    def lasting(self) -> dict[str, str]:
        """What stays when the filters change."""
        sort = {"sort": self.sort} if self.sort != self.usual else {}
        return {"view": "table"} | sort if self.is_table else {}

    def url(self, **changes: str | None) -> str:
        """The address of this view with `changes`; None takes a part of it away."""
        given: dict[str, Any] = {**self.wanted, **self.lasting, **changes}
        return url_for(".list", **given)

    def heads(self, heads: Sequence[Head]) -> list[ShownHead]:
        """The table's headings, each a link that sorts by it, or the other way round."""
        return [self._head(head) for head in heads]

    def _head(self, head: Head) -> ShownHead:
        if not head.sort:
            return ShownHead(head.title, head.kind, "", "")
        key, is_falling = head.sort.removeprefix("-"), self.sort.startswith("-")
        is_by_this = self.sort.removeprefix("-") == key
        turned = key if is_falling else f"-{key}"
        direction = ("descending" if is_falling else "ascending") if is_by_this else ""
        return ShownHead(
            head.title, head.kind, self.url(sort=turned if is_by_this else head.sort), direction
        )


def read(
    args: Mapping[str, str], *, filters: Sequence[str], sorts: Mapping[str, object], usual: str
) -> RowView:
    """The view an address asks for; what makes no sense there is as if it was not said."""
    is_table = args.get("view") == "table"
    sort = args.get("sort", "") if is_table else ""
    return RowView(
        is_table=is_table,
        sort=sort if sort.removeprefix("-") in sorts else usual,
        usual=usual,
        wanted={name: args.get(name) or None for name in filters},
    )
