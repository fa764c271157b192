"""Note in a form what it was filled with, to tell later which fields the person changed.

The note holds a digest of each field, in the order of the noun's fields. So two people who change
different fields of one row both get what they wrote, and are only asked about a field that both
changed. A form without a note counts as having changed all that it carries.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.nouns.noun import Noun


@dataclass(frozen=True, slots=True)
class Seen:
    """Digests by column, of those columns that are known."""

    noun: Noun
    digests: Mapping[str, str]

    def had(self, column: str, value: object) -> bool:
        """Tell whether the form is known to have been filled with `value` in this column."""
        return self.digests.get(column) == _digest(self.noun, column, value)


def note(noun: Noun, values: Mapping[str, object]) -> str:
    """Return the note that goes into a form filled with `values`."""
    return " ".join(_digest(noun, column, values.get(column)) for column in noun.columns)


def read(noun: Noun, sent: Mapping[str, str]) -> Seen:
    """Return what a form was filled with: its note `seen`, or single fields such as `was-status`.

    `was` alone is the status; boards send it with each move.
    """
    digests = sent.get("seen", "").split()
    if len(digests) == len(noun.columns):
        return Seen(noun, dict(zip(noun.columns, digests, strict=True)))
    had = {column: sent.get(f"was-{column}") for column in noun.columns}
    if had.get("status") is None:
        had["status"] = sent.get("was")
    return Seen(
        noun, {name: _digest(noun, name, text) for name, text in had.items() if text is not None}
    )


def _digest(noun: Noun, column: str, value: object) -> str:
    text = f"{column}\0{noun[column].plain(value)}"
    raw = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=15).digest()
    return base64.urlsafe_b64encode(raw).decode()
