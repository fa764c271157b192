"""Passwords: the rule for new ones, and argon2id at OWASP's parameters.

Whoever signs in to an account that does not exist is made to wait as long as anybody else.
"""

from __future__ import annotations

import base64
import os
import threading
import unicodedata
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from provision.credentials.password_strength import why_guessable
from provision.errors import TooManySignInsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MIN_CHARACTERS: Final = 10
MAX_CHARACTERS: Final = 256
# As typed, before NFKC joins what belongs together; keeps a megabyte of text from being normalised.
_MAX_TYPED_CHARACTERS: Final = 4 * MAX_CHARACTERS

_MEMORY_KIB: Final = 19 * 1024
_TIME_COST: Final = 2
_PARALLELISM: Final = 1
_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32


class PasswordHasher:
    """Hashes and verifies; at most `max_concurrent` at a time, each of which takes 19 MiB.

    At most `max_waiting` more wait, lest a flood of sign-ins take every thread that
    serves; to the rest TooManySignInsError is raised at once.
    """

    def __init__(self, *, max_concurrent: int = 4, max_waiting: int = 8) -> None:
        if max_concurrent < 1 or max_waiting < 0:
            raise ValueError("max_concurrent is at least 1, max_waiting at least 0")
        self._argon2 = argon2.PasswordHasher(
            time_cost=_TIME_COST,
            memory_cost=_MEMORY_KIB,
            parallelism=_PARALLELISM,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )
        self._room = threading.BoundedSemaphore(max_concurrent + max_waiting)
        self._slots = threading.BoundedSemaphore(max_concurrent)
        self._decoy = _hash_of_nothing()

    def hash(self, text: str) -> str:
        with self._turn():
            return self._argon2.hash(_normalized(text))

    def verify(self, stored: str | None, text: str) -> bool:
        """Say whether `text` is the password behind `stored`; None takes as long and is False."""
        if len(text) > _MAX_TYPED_CHARACTERS:
            stored, text = None, ""
        with self._turn():
            try:
                return self._argon2.verify(stored or self._decoy, _normalized(text))
            except (VerificationError, InvalidHashError):
                return False

    def needs_rehash(self, stored: str) -> bool:
        """Say whether `stored` was made with other parameters than today's."""
        try:
            return self._argon2.check_needs_rehash(stored)
        except InvalidHashError:
            return True

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._room.acquire(blocking=False):
            raise TooManySignInsError
        try:
            with self._slots:
                yield
        finally:
            self._room.release()


def password_problems(text: str, about: Sequence[str] = ()) -> list[str]:
    """Return messages on what keeps `text` from being a new password; empty when nothing does.

    `about` is what it must not be made of: the name and e-mail address of the person.
    """
    if len(text) > _MAX_TYPED_CHARACTERS:
        return [f"Use at most {MAX_CHARACTERS} characters."]
    normalized = unicodedata.normalize("NFKC", text)
    length = len(normalized)
    if not text:
        return ["Choose a password."]
    if length < MIN_CHARACTERS:
        return [f"Use at least {MIN_CHARACTERS} characters; this has {length}."]
    if length > MAX_CHARACTERS:
        return [f"Use at most {MAX_CHARACTERS} characters; this has {length}."]
    reason = why_guessable(normalized, about)
    return [reason] if reason else []


def _normalized(text: str) -> bytes:
    # One keyboard sends é as one character, another as two; both are the same password. JSON can
    # carry half a surrogate pair, which is no reason to fail.
    return unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")


def _hash_of_nothing() -> str:
    """Return an encoded hash with random bytes for a digest, which no password matches."""
    salt, digest = (
        base64.b64encode(os.urandom(size)).rstrip(b"=").decode()
        for size in (_SALT_BYTES, _HASH_BYTES)
    )
    return f"$argon2id$v=19$m={_MEMORY_KIB},t={_TIME_COST},p={_PARALLELISM}${salt}${digest}"
