"""Lists the characters and beginnings by which text is taken apart."""

from __future__ import annotations

import re
from typing import Final

ZERO_WIDTH: Final = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
"""Characters without width that pages and chats put into what is copied from them."""

QUOTES: Final = {
    "'": "'", '"': '"',
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"',
}  # fmt: skip
"""Every quotation mark, with the plain one that it stands for."""

BEGINS_STRING: Final = re.compile(
    r"(?i)(?:postgres(?:ql)?|pgsql|postgis|ecto|timescale(?:db)?)(?:\+\w{1,20})?://|r?2?j?dbc:\w"
)
"""Begins a whole connection string."""
