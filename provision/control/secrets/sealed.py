"""Sealed secrets in the store, and the rules for the key they are sealed under.

The only module that calls the vault. `open_vault` decides which key is used and proves, on a value
kept for that, that it is the right one before anything else is opened.
"""

from __future__ import annotations

import base64
import secrets as random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import LargeBinary, bindparam, delete, func, insert, literal, select, update

from provision.control.secrets.key_file import KEY_SETTING, make_key_file, read_key_file
from provision.control.store.identifiers import new_id, new_secret
from provision.control.store.tables import installation, sealed
from provision.credentials.vault import KEY_BYTES, SALT_BYTES, Vault, read_keys
from provision.errors import SealBrokenError, SettingsError, UnknownKeyError, VaultError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import ColumnElement, Connection, Row

    from provision.control.store.store import ControlStore

_OWNER: Final = "installation"
_SALT: Final = "scrypt salt"
KEY_CHECK: Final = "key check"
SIGNING_KEY: Final = "signing key"

ROW_COLUMNS: Final = (sealed.c.id, sealed.c.purpose, sealed.c.owner, sealed.c.value)
_VALUE: Final = select(sealed.c.value).where(sealed.c.id == bindparam("id"))
_FACT: Final = select(installation.c.value).where(installation.c.key == bindparam("key"))


@dataclass(frozen=True, slots=True)
class SealedRow:
    """A secret as it lies in the store, and what the keys we have make of it.

    `key_id` is empty where nothing can be read off the value.
    """

    id: str
    purpose: str
    owner: str
    key_id: str
    state: Literal["opens", "no key", "altered"]


class SealedSecrets:
    """Puts, gets and deletes secrets on the caller's connection; each is bound to its row."""

    def __init__(self, store: ControlStore, vault: Vault) -> None:
        self.store = store
        self._vault = vault

    def put(self, conn: Connection, *, purpose: str, owner: str, plaintext: str) -> str:
        """Seal and store a secret; return the id to get it by."""
        sealed_id = new_id()
        value = self._vault.seal(
            plaintext.encode(), purpose=purpose, owner=_row_owner(sealed_id, owner)
        )
        conn.execute(
            insert(sealed),
            {
                "id": sealed_id,
                "purpose": purpose,
                "owner": owner,
                "value": value,
                "sealed_at": self.store.now(),
            },
        )
        return sealed_id

    def get(self, conn: Connection, sealed_id: str, *, purpose: str, owner: str) -> str:
        """Open a secret. Raises UnknownKeyError, or SealBrokenError, also when it is gone."""
        value = conn.execute(_VALUE, {"id": sealed_id}).scalar()
        if value is None:
            raise SealBrokenError
        owner = _row_owner(sealed_id, owner)
        return self._vault.open(bytes(value), purpose=purpose, owner=owner).decode()

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Return the names of the keys we have, the one that seals first."""
        return self._vault.key_ids

    def not_newest(self) -> ColumnElement[bool]:
        """Return the condition of rows that are not sealed under the newest key."""
        header = self._vault.header
        return func.substr(sealed.c.value, 1, len(header)) != literal(header, LargeBinary)

    def examine(self, row: Row[Any, Any, Any, Any]) -> SealedRow:
        """Try to open one row of ROW_COLUMNS."""
        state: Literal["opens", "no key", "altered"] = "opens"
        key_id = ""
        try:
            key_id = self._vault.key_id(bytes(row.value))
            self._open(row)
        except UnknownKeyError:
            state = "no key"
        except SealBrokenError:
            state = "altered"
        return SealedRow(row.id, row.purpose, row.owner, key_id, state)

    def reseal(
        self, conn: Connection, row: Row[Any, Any, Any, Any], *, owner: str | None = None
    ) -> None:
        """Seal one row of ROW_COLUMNS under the newest key, in its place; for `owner`, if given.

        Raises VaultError.
        """
        owner = row.owner if owner is None else owner
        value = self._vault.seal(
            self._open(row), purpose=row.purpose, owner=_row_owner(row.id, owner)
        )
        conn.execute(
            update(sealed)
            .where(sealed.c.id == row.id)
            .values(value=value, owner=owner, sealed_at=self.store.now())
        )

    def _open(self, row: Row[Any, Any, Any, Any]) -> bytes:
        return self._vault.open(
            bytes(row.value), purpose=row.purpose, owner=_row_owner(row.id, row.owner)
        )

    @staticmethod
    def delete(conn: Connection, sealed_id: str) -> None:
        conn.execute(delete(sealed).where(sealed.c.id == sealed_id))


def open_vault(
    store: ControlStore, *, encryption_key: str | None, key_file: Path, allow_generate: bool
) -> SealedSecrets:
    """Return the store's secrets under the configured key, or the one kept in `key_file`.

    Where neither is there, a key is made for a new, empty store if `allow_generate`. Raises
    SettingsError when there is no key, or not the one this store was sealed under.
    """
    if encryption_key is None:
        encryption_key = _generated_key(store, key_file, allow_generate=allow_generate)
    secrets = SealedSecrets(store, Vault(read_keys(encryption_key, _salt(store))))
    try:
        prove(secrets)
    except VaultError:
        raise SettingsError(
            f"{KEY_SETTING} is not the key this control store was sealed under; it may be that "
            "key, or a new one followed by a comma and that key; if it is lost, `provision doctor` "
            "says whose secrets are lost with it"
        ) from None
    return secrets


def unproved_vault(
    store: ControlStore, *, encryption_key: str | None, key_file: Path
) -> SealedSecrets:
    """Return the store's secrets under whatever key there is, to see which of them it opens.

    Without any, nothing opens. Raises SettingsError for a key that cannot be read.
    """
    key = encryption_key or read_key_file(key_file)
    keys = read_keys(key, _salt(store)) if key else [random.token_bytes(KEY_BYTES)]
    return SealedSecrets(store, Vault(keys))


def is_sealed(store: ControlStore) -> bool:
    """Return whether a key was used with this store, so that another one can be recognised."""
    with store.reading() as conn:
        return conn.execute(_FACT, {"key": KEY_CHECK}).first() is not None


def prove(secrets: SealedSecrets) -> None:
    """Open the value kept to prove a key, made at first use. Raises VaultError for another key."""
    _once(secrets, KEY_CHECK, "this key opens this store")


def session_signing_key(secrets: SealedSecrets, secret_key: str | None) -> str:
    """Return what signs cookies: PROVISION_SECRET_KEY, else a random key of this store."""
    if secret_key is not None:
        return secret_key
    try:
        return _once(secrets, SIGNING_KEY, new_secret())
    except VaultError:
        raise SettingsError(
            "PROVISION_SECRET_KEY is not set, and the key kept in its place was altered and "
            "cannot be opened; it may be any long random string"
        ) from None


def _row_owner(sealed_id: str, owner: str) -> str:
    """Bind a value to its row too; an id has a fixed length, so the two cannot run together."""
    return f"{sealed_id}/{owner}"


def _once(secrets: SealedSecrets, name: str, plaintext: str) -> str:
    """Return the secret of this name; `plaintext` becomes it when there is none yet."""
    with secrets.store.reading() as conn:
        sealed_id = conn.execute(_FACT, {"key": name}).scalar()
        if sealed_id is not None:
            return secrets.get(conn, sealed_id, purpose=name, owner=_OWNER)
    with secrets.store.writing() as conn:
        sealed_id = conn.execute(_FACT, {"key": name}).scalar()
        if sealed_id is None:
            sealed_id = secrets.put(conn, purpose=name, owner=_OWNER, plaintext=plaintext)
            conn.execute(insert(installation), {"key": name, "value": sealed_id})
        return secrets.get(conn, sealed_id, purpose=name, owner=_OWNER)


def _salt(store: ControlStore) -> bytes:
    with store.reading() as conn:
        kept = conn.execute(_FACT, {"key": _SALT}).scalar()
    if kept is None:
        with store.writing() as conn:
            kept = conn.execute(_FACT, {"key": _SALT}).scalar()
            if kept is None:
                kept = random.token_hex(SALT_BYTES)
                conn.execute(insert(installation), {"key": _SALT, "value": kept})
    return bytes.fromhex(kept)


def _generated_key(store: ControlStore, key_file: Path, *, allow_generate: bool) -> str:
    if not allow_generate:
        raise SettingsError(
            f"{KEY_SETTING} is not set; with this control store it has to be: any string of at "
            "least 16 characters without a comma, the same wherever this store is used"
        )
    # The lock of the one writer keeps two first starts from making a key each.
    with store.writing() as conn:
        kept = read_key_file(key_file)
        if kept is not None:
            return kept
        if conn.execute(select(sealed.c.id).limit(1)).first() is not None:
            raise SettingsError(
                f"{KEY_SETTING} is not set and {key_file} is missing, but this control store "
                "holds sealed secrets; bring back that file or set the variable to its content"
            )
        made = base64.b64encode(random.token_bytes(KEY_BYTES)).decode()
        make_key_file(key_file, made)
        return made
