"""The view of the rows of a noun: cards or table, order and filters.

All of it stands in the address, so that it can be shared, and in the links of the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import request, url_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Head(NamedTuple):
    """A column of a table: its title, what it sorts by ("" for nothing), and its classes.

    `reverse` is the other order, where it is not the same with or without `-`.
    """

    title: str
    sort: str = ""
    kind: str = ""
    reverse: str = ""


class ShownHead(NamedTuple):
    """A heading as a link; `direction` is how the table is sorted by it now."""

    title: str
    kind: str
    url: str
    direction: str


@dataclass(frozen=True, slots=True)
class RowView:
    """`wanted` holds the value of each filter; cards always come in the order `usual`."""

    is_table: bool
    sort: str
    usual: str
    wanted: Mapping[str, str | None]

    @property
    def lasting(self) -> dict[str, str]:
        """Return the parameters that stay when the filters change."""
        sort = {"sort": self.sort} if self.sort != self.usual else {}
        return {"view": "table"} | sort if self.is_table else {}

    def url(self, **changes: str | None) -> str:
        """Return the address of this view with `changes`; None removes a parameter."""
        given: dict[str, Any] = {**self.wanted, **self.lasting, **changes}
        return url_for(".list", **given)

    def heads(self, heads: Sequence[Head]) -> list[ShownHead]:
        """Return the table's headings as links."""
        return headings(heads, self.sort, lambda sort: self.url(sort=sort))


def is_whole() -> bool:
    """Tell whether all rows are asked for on one page, to be printed."""
    return bool(request.args.get("print"))


def headings(heads: Sequence[Head], present: str, url: Callable[[str], str]) -> list[ShownHead]:
    """Return headings that sort by their column, or in reverse if that is the `present` order."""
    return [_heading(head, present, url) for head in heads]


def _heading(head: Head, present: str, url: Callable[[str], str]) -> ShownHead:
    if not head.sort:
        return ShownHead(head.title, head.kind, "", "")
    reverse = head.reverse or _reverse(head.sort)
    direction = ""
    if present in (head.sort, reverse):
        direction = "descending" if present.startswith("-") else "ascending"
    following = reverse if present == head.sort else head.sort
    return ShownHead(head.title, head.kind, url(following), direction)


def _reverse(sort: str) -> str:
    return sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"


def read(
    args: Mapping[str, str], *, filters: Sequence[str], sorts: Mapping[str, object], usual: str
) -> RowView:
    """Return the view that the parameters ask for, without those that make no sense."""
    is_table = args.get("view") == "table"
    sort = args.get("sort", "") if is_table else ""
    return RowView(
        is_table=is_table,
        sort=sort if sort.removeprefix("-") in sorts else usual,
        usual=usual,
        wanted={name: args.get(name) or None for name in filters},
    )
