"""Makes random values that let in whoever bears them, and plain ids.

The store keeps only the SHA-256 of a bearer value: with 256 random bits in it there is nothing to
guess, so a slow hash would cost every request time and add nothing.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from typing import Final

SECRET_BYTES: Final = 32

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_secret() -> str:
    """Return 256 random bits in hex."""
    return secrets.token_hex(SECRET_BYTES)


def digest(raw: str) -> str:
    """Return what is kept of a bearer value, which is any text that a client may send."""
    return hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()


def is_digest(text: str) -> bool:
    """Return whether `text` can be what `digest` returns."""
    return _DIGEST.fullmatch(text) is not None


def new_id() -> str:
    return str(uuid.uuid4())


def is_id(text: str) -> bool:
    """Return whether `text` can be an id of ours; PostgreSQL fails on some texts that cannot."""
    return _ID.fullmatch(text) is not None
