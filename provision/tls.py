"""Say what TLS a tenant's connection demands, which levels are tried, and what each is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Level = Literal["verified", "encrypted", "plain"]
"""What was reached; kept with a saved connection."""

MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
"""The values of libpq's `sslmode`, weakest first."""
WEAK: Final = MODES[:3]
"""Modes that may end without TLS."""
VERIFYING: Final = MODES[4:]
"""Modes that need a file of root certificates."""

MODE_WORDS: Final[Mapping[str, str]] = {
    "disable": "off",
    "allow": "only if the server insists",
    "prefer": "if the server offers it",
    "require": "required",
    "verify-ca": "required and verified",
    "verify-full": "required and verified",
}
LEVEL_WORDS: Final[Mapping[Level, str]] = {
    "verified": "encrypted and verified",
    "encrypted": "encrypted, not verified",
    "plain": "not encrypted",
}
LEVEL_SENTENCES: Final[Mapping[Level, str]] = {
    "verified": "Encrypted, and the server's certificate was verified",
    "encrypted": "Encrypted; the server's certificate was not verified",
    "plain": "Not encrypted",
}

_BEST: Final[tuple[str, Level]] = ("verify-full", "verified")


def raised(mode: str, *, plain_text: bool) -> str:
    """Return the mode to connect with: `require` in place of a weak one, unless plain text may."""
    return "require" if mode in WEAK and not plain_text else mode


def levels_to_try(
    mode: str, *, has_ca: bool, is_offered: bool | None, is_signed: bool | None
) -> tuple[tuple[str, Level], ...]:
    """Return modes with the level that each reaches, best first, none below what `mode` demands.

    `has_ca`: whether a person pasted a CA certificate, who then wants it to be verified against.
    `is_offered`: whether the server takes TLS. `is_signed`: whether its certificate leads to a root
    known here. None stands for unknown.
    """
    if mode == "disable" or is_offered is False:
        return (("disable", "plain"),)
    if mode == "verify-full":
        return (_BEST,)
    if mode == "verify-ca" or has_ca:
        return (_BEST, ("verify-ca", "verified"))
    encrypted: tuple[str, Level] = ("require", "encrypted")
    return (encrypted,) if is_signed is False else (_BEST, encrypted)
