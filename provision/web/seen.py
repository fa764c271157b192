"""What a form was filled from, kept in the form: tells later which fields the person changed.

A digest of each field travels instead of its text, in the order of the noun's fields. So two people
who change different fields of one row both get what they wrote, and only a field that both changed
is a question. A form without it is taken to have changed all it carries.
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
        """Whether the form is known to have been filled with `value` there."""
        return self.digests.get(column) == _digest(self.noun, column, value)


def note(noun: Noun, values: Mapping[str, object]) -> str:
    """What goes into the form beside `values`."""
    return " ".join(_digest(noun, column, values.get(column)) for column in noun.columns)


def read(noun: Noun, sent: Mapping[str, str]) -> Seen:
    """What a form was filled from: its `seen`, or of a mere move the status the task `was` in."""
    digests = sent.get("seen", "").split()
    if len(digests) == len(noun.columns):
        return Seen(noun, dict(zip(noun.columns, digests, strict=True)))
    known = {"status": _digest(noun, "status", sent["was"])} if "was" in sent else {}
    return Seen(noun, known)


def _digest(noun: Noun, column: str, value: object) -> str:
    text = f"{column}\0{noun[column].plain(value)}"
    raw = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=15).digest()
    return base64.urlsafe_b64encode(raw).decode()
