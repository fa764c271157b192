"""Seal and open: AES-256-GCM under one of several keys, bound to what is sealed and for whom.

A sealed value is `version (1) | key id (8) | nonce (12) | ciphertext and tag`. Version, key id,
purpose and owner are authenticated with it, so that a value moved to another row, owner or purpose
does not open. Knows nothing of where sealed values are kept: `control/sealed` does.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from provision.errors import SealBrokenError, SettingsError, UnknownKeyError

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
_VERSION: Final = b"\x01"
_KEY_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12  # 96 bits, the one length GCM takes as it is (NIST SP 800-38D)
_TAG_BYTES: Final = 16
_HEADER_BYTES: Final = len(_VERSION) + _KEY_ID_BYTES

# OWASP's lowest setting for scrypt: 128 MiB and about 0.4 s for a guess. Part of the format: with
# other numbers the same phrase is another key.
_SCRYPT_N: Final = 2**17
_SCRYPT_R: Final = 8
_SCRYPT_P: Final = 1


class Vault:
    """Seals under the first key, opens under any."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise ValueError("a vault needs at least one key")
        if any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"every key of a vault is {KEY_BYTES} bytes long")
        self._primary = _key_id(keys[0])
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Return the names of the keys that open, the one that seals first."""
        return tuple(each.hex() for each in self._ciphers)

    @property
    def header(self) -> bytes:
        """Return how every value begins that is sealed under the first key."""
        return _VERSION + self._primary

    def seal(self, plaintext: bytes, *, purpose: str, owner: str) -> bytes:
        header = self.header
        nonce = os.urandom(_NONCE_BYTES)
        bound = _bound(header, purpose, owner)
        return header + nonce + self._ciphers[self._primary].encrypt(nonce, plaintext, bound)

    def open(self, sealed: bytes, *, purpose: str, owner: str) -> bytes:
        """Open a value. Raises UnknownKeyError, or SealBrokenError if it is not sealed so."""
        header, rest = _split(sealed)
        cipher = self._ciphers.get(header[len(_VERSION) :])
        if cipher is None:
            raise UnknownKeyError
        nonce, ciphertext = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, ciphertext, _bound(header, purpose, owner))
        except InvalidTag:
            raise SealBrokenError from None

    def key_id(self, sealed: bytes) -> str:
        """Name the key a value is sealed under, whether or not it is one of ours."""
        return _split(sealed)[0][len(_VERSION) :].hex()


def read_keys(setting: str, salt: bytes) -> list[bytes]:
    """Turn `PROVISION_ENCRYPTION_KEY` into keys, in its order.

    32 bytes as base64 (padded, either alphabet) or hex are used as they are. Any other text is
    taken for a phrase and stretched; base64 without its `=` is, too, because a phrase of 43
    letters looks the same.
    """
    parts = [part.strip() for part in setting.split(",")]
    if not all(parts):
        raise SettingsError("PROVISION_ENCRYPTION_KEY holds an empty key beside a comma")
    return [_as_given(part) or _stretched(part, salt) for part in parts]


def _as_given(text: str) -> bytes | None:
    try:
        if len(text) == 2 * KEY_BYTES:
            key = bytes.fromhex(text)
        elif len(text) == 44:
            standard = text.replace("-", "+").replace("_", "/")
            key = base64.b64decode(standard, validate=True)
            if base64.b64encode(key).decode() != standard:
                return None
        else:
            return None
    except ValueError:
        return None
    return key if len(key) == KEY_BYTES else None


def _stretched(phrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        phrase.encode("utf-8", "surrogateescape"),
        salt=salt,
        n=_SCRYPT_N,
        r=_SCRYPT_R,
        p=_SCRYPT_P,
        maxmem=2 * 128 * _SCRYPT_N * _SCRYPT_R,
        dklen=KEY_BYTES,
    )


def _key_id(key: bytes) -> bytes:
    return hmac.digest(key, b"provision key id", "sha256")[:_KEY_ID_BYTES]


def _split(sealed: bytes) -> tuple[bytes, bytes]:
    if len(sealed) < _HEADER_BYTES + _NONCE_BYTES + _TAG_BYTES or sealed[:1] != _VERSION:
        raise SealBrokenError
    return sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:]


def _bound(header: bytes, purpose: str, owner: str) -> bytes:
    """Join what is authenticated; lengths in front keep ("ab", "c") apart from ("a", "bc")."""
    parts = (purpose.encode(), owner.encode())
    return header + b"".join(len(part).to_bytes(4, "big") + part for part in parts)
