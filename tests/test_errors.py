"""Holds the tree in the docstring of `provision.errors` against the classes that are there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from provision import errors

if TYPE_CHECKING:
    from collections.abc import Iterator


def _told() -> Iterator[tuple[str, str]]:
    """Each class of the docstring's tree with the one that it hangs below."""
    above: list[str] = []
    for indent, name in re.findall(
        r"^    ([├└│─ ]*)(\w+Error)\b", errors.__doc__ or "", re.MULTILINE
    ):
        del above[len(indent) // 4 :]
        if above:
            yield name, above[-1]
        above.append(name)


def _below(parent: type[Exception]) -> Iterator[tuple[str, str]]:
    for each in parent.__subclasses__():
        if each.__module__ == errors.__name__:
            yield each.__name__, parent.__name__
            yield from _below(each)


def test_the_tree_in_the_docstring_is_that_of_the_classes() -> None:
    told = list(_told())
    assert sorted(told) == sorted(_below(errors.ProvisionError))
    assert len(told) == len(set(told))
