"""Codes of an authenticator app: time-based one-time passwords (RFC 6238), six digits, 30 seconds.

Says which time step a code belongs to. Whoever asks remembers that step and takes only later ones
from then on, so that no code is good twice; `control/second_factor` does.
"""

from __future__ import annotations

import unicodedata
from typing import Final

import pyotp
from pyotp.exceptions import OTPVerificationError

STEP_S: Final = 30
DIGITS: Final = 6
# One step of clock skew either way (RFC 6238, 5.2): a code lives for 90 seconds at most.
_SKEW_STEPS: Final = 1
_ISSUER: Final = "Provision"
# What is typed is short; a megabyte of it need not be read.
_MAX_TYPED_CHARACTERS: Final = 100


def new_secret() -> str:
    """Return 160 random bits in base32, as long as the SHA-1 behind the code (RFC 4226, 4)."""
    return pyotp.random_base32()


def uri(secret: str, *, account: str) -> str:
    """Return the `otpauth:` address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=_ISSUER)


def code_from(typed: str) -> str | None:
    """Return the six digits that were typed, with or without spaces; None for anything else."""
    if len(typed) > _MAX_TYPED_CHARACTERS:
        return None
    # Some keyboards send digits of full width.
    digits = "".join(unicodedata.normalize("NFKC", typed).replace("-", "").split())
    return digits if len(digits) == DIGITS and digits.isascii() and digits.isdecimal() else None


def step_of(secret: str, code: str, *, at: int) -> int | None:
    """Return the time step whose code this is, of the three around `at` (unix seconds), or None."""
    totp = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_S)
    try:
        return totp.verify_and_get_timecode(code, for_time=at, valid_window=_SKEW_STEPS)
    except OTPVerificationError:
        return None
