"""Finds the key of each sealed secret, moves all to the newest, and forgets what is lost.

Secrets are moved a few at a time, each lot in a transaction of its own, while servers that have
both keys go on working. The value that proves a key at the start goes last: until everything else
is under the newest key, no server starts with that key alone.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select

from provision.control import audit, connections, idempotency
from provision.control.secrets.sealed import KEY_CHECK, ROW_COLUMNS, SIGNING_KEY, SealedSecrets
from provision.control.store.identifiers import is_id
from provision.control.store.store import leave_no_trace
from provision.control.store.tables import (
    idempotency_keys,
    installation,
    sealed,
    two_factor_setups,
    users,
)
from provision.errors import VaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from provision.control.secrets.sealed import SealedRow
    from provision.control.store.store import ControlStore

_AT_ONCE: Final = 50
# Others wait to write, and SQLite does not queue them.
_PAUSE_S: Final = 0.01
_ID_CHARACTERS: Final = 36
INSTALLATION: Final = "this installation"


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did: how many were moved, by purpose, and which no key opens.

    `late` were sealed under an older key while it ran, by a server that puts that key first.
    """

    moved: Counter[str]
    lost: tuple[SealedRow, ...]
    late: int


def examine(secrets: SealedSecrets) -> Iterator[SealedRow]:
    """Yield every sealed secret, tried with the keys we have."""
    after = ""
    while True:
        with secrets.store.reading() as conn:
            rows = _some(conn, after)
        if not rows:
            return
        after = rows[-1].id
        yield from map(secrets.examine, rows)


def rotate(secrets: SealedSecrets, *, pause: Callable[[float], object] = time.sleep) -> Rotation:
    """Move every secret to the newest key; may be interrupted at any time and run again."""
    first, lost = _pass(secrets, pause)
    second, lost = _pass(secrets, pause)
    moved = first + second
    with secrets.store.writing() as conn:
        proof = conn.execute(
            select(*ROW_COLUMNS).where(sealed.c.id.in_(_proof()), secrets.not_newest())
        ).first()
        if proof is not None:
            try:
                secrets.reseal(conn, proof)
                moved[KEY_CHECK] += 1
            except VaultError:
                lost = (*lost, secrets.examine(proof))
        if moved:
            leave_no_trace(conn)
            audit.record(
                conn,
                at=secrets.store.now(),
                event="keys_rotated",
                user_id=None,
                client=audit.OPERATOR,
                detail={"count": moved.total(), "key_id": secrets.key_ids[0]},
            )
    return Rotation(moved, lost, second.total())


def owners(store: ControlStore, rows: list[SealedRow]) -> dict[str, str]:
    """Return by id whose each secret is: an e-mail address, or the installation."""
    with store.reading() as conn:
        emails = {row.id: row.email for row in conn.execute(select(users.c.id, users.c.email))}
    return {
        row.id: emails.get(row.owner[:_ID_CHARACTERS], row.owner)
        if is_id(row.owner[:_ID_CHARACTERS])
        else INSTALLATION
        for row in rows
    }


def forget_lost(secrets: SealedSecrets) -> list[SealedRow]:
    """Delete what no key opens and can be made or pasted again; return what is lost and stays.

    Connection strings are forgotten, half-made second factors and answers to calls too, and the
    installation's own values are made anew at the next start, which signs everybody out. A second
    factor that is on stays: without it a password alone would open the account.
    """
    stays: list[SealedRow] = []
    for lost in [each for each in examine(secrets) if each.state != "opens"]:
        with secrets.store.writing() as conn:
            row = conn.execute(select(*ROW_COLUMNS).where(sealed.c.id == lost.id)).first()
            # It may have been replaced meanwhile.
            if row is None or secrets.examine(row).state == "opens":
                continue
            if not _forget(secrets.store, conn, lost):
                stays.append(lost)
    return stays


def _forget(store: ControlStore, conn: Connection, row: SealedRow) -> bool:
    if row.purpose == connections.PURPOSE:
        if connections.forget_sealed(store, conn, row.id, reason="key lost"):
            return True
    elif row.purpose == idempotency.PURPOSE:
        idempotency.delete_where(conn, idempotency_keys.c.sealed_id == row.id)
    elif row.purpose in (KEY_CHECK, SIGNING_KEY):
        conn.execute(delete(installation).where(installation.c.value == row.id))
    elif conn.execute(select(users.c.id).where(users.c.totp_secret_id == row.id)).first():
        return False
    conn.execute(delete(two_factor_setups).where(two_factor_setups.c.sealed_id == row.id))
    SealedSecrets.delete(conn, row.id)
    leave_no_trace(conn)
    return True


def _pass(
    secrets: SealedSecrets, pause: Callable[[float], object]
) -> tuple[Counter[str], tuple[SealedRow, ...]]:
    """Go once through all that is not under the newest key, but for the proof."""
    moved, after = Counter[str](), ""
    lost: list[SealedRow] = []
    while True:
        with secrets.store.writing() as conn:
            rows = _some(conn, after, secrets.not_newest(), sealed.c.id.not_in(_proof()))
            for row in rows:
                try:
                    secrets.reseal(conn, row)
                    moved[row.purpose] += 1
                except VaultError:
                    lost.append(secrets.examine(row))
        if not rows:
            return moved, tuple(lost)
        after = rows[-1].id
        pause(_PAUSE_S)


def _proof() -> Select[Any]:
    return select(installation.c.value).where(installation.c.key == KEY_CHECK)


def _some(
    conn: Connection, after: str, *conditions: ColumnElement[bool]
) -> Sequence[Row[Any, Any, Any, Any]]:
    query = select(*ROW_COLUMNS).where(sealed.c.id > after, *conditions)
    return conn.execute(query.order_by(sealed.c.id).limit(_AT_ONCE)).all()
