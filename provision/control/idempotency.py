"""Calls that may be sent again: what an `Idempotency-Key` stands for, and the first answer to it.

A key stands for one request of one person for a day. With it is kept, from when it is first seen,
the id that a row made by the request gets: whatever happens between that write and the keeping of
its answer, the next try meets the row that is there already.

Answers hold what is the person's own, and some a token: they are sealed, each to its key and its
person, and deleted with them. Of key and request only hashes are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, insert, select, update

from provision.control.secrets.sealed import SealedSecrets
from provision.control.store.identifiers import digest, new_id
from provision.control.store.tables import idempotency_keys
from provision.errors import TooManyKeysError, VaultError

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Row

    from provision.control.store.store import ControlStore

PURPOSE: Final = "answer to a call"
LIFE_S: Final = 86_400
MOST: Final = 5_000
"""Keys of one person within a day."""
MOST_ANSWER_BYTES: Final = 65_536
"""Of a longer answer only that the request was made is kept."""
MOST_BYTES: Final = 16 * 1024 * 1024
"""Answers of one person within a day; beyond, as with one that is too long."""
_PURGED_AT_ONCE: Final = 500

_ROW: Final = select(
    *(idempotency_keys.c[name] for name in ("request_hash", "row_id", "sealed_id", "created_at"))
).where(idempotency_keys.c.key_hash == bindparam("key_hash"))


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request with a key: whose it is, and hashes of key and request."""

    user_id: str
    key_hash: str
    request_hash: str

    @classmethod
    def of(cls, user_id: str, key: str, request_hash: str) -> Ticket:
        """Return the ticket for a key as it was sent."""
        return cls(user_id, digest(f"{user_id}\0{key}"), request_hash)

    @property
    def owner(self) -> str:
        """Return whom and what an answer is sealed for."""
        return f"{self.user_id}/{self.key_hash}"


@dataclass(frozen=True, slots=True)
class EarlierUse:
    """What is known of a key: `answer` is None until the request was carried out.

    `is_same`: the key came with the same request before. `row_id` is for the row it makes.
    """

    is_same: bool
    row_id: str
    answer: str | None


def look(store: ControlStore, secrets: SealedSecrets, ticket: Ticket) -> EarlierUse | None:
    """Return what is known of the key, None where it was not seen within its life."""
    with store.reading() as conn:
        return _seen(secrets, conn, ticket)


def claim(store: ControlStore, secrets: SealedSecrets, ticket: Ticket) -> EarlierUse:
    """Let the key stand for this request, if it stands for none yet, and return what is known.

    Raises TooManyKeysError.
    """
    with store.reading() as conn:
        if (seen := _seen(secrets, conn, ticket)) is not None:
            return seen
    with store.writing() as conn:
        if (seen := _seen(secrets, conn, ticket)) is not None:
            return seen
        return EarlierUse(True, _enter(store, conn, ticket), None)


def keep(
    secrets: SealedSecrets, conn: Connection, ticket: Ticket, answer: str, *, again: bool = False
) -> bool:
    """Keep the first answer, in the caller's transaction; return False where there is one.

    `again` puts it in place of the one that the caller has kept itself. False, too, where the key
    stands for another request by now. Raises TooManyKeysError.
    """
    store = secrets.store
    seen = _seen(secrets, conn, ticket)
    if seen is not None and (not seen.is_same or (seen.answer is not None and not again)):
        return False
    if seen is None:
        _enter(store, conn, ticket)
    size = len(answer.encode())
    held = select(func.sum(idempotency_keys.c.answer_bytes)).where(
        idempotency_keys.c.user_id == ticket.user_id
    )
    if size > MOST_ANSWER_BYTES or (conn.execute(held).scalar() or 0) + size > MOST_BYTES:
        return True
    before = conn.execute(_ROW, {"key_hash": ticket.key_hash}).one().sealed_id
    sealed_id = secrets.put(conn, purpose=PURPOSE, owner=ticket.owner, plaintext=answer)
    conn.execute(
        update(idempotency_keys)
        .where(idempotency_keys.c.key_hash == ticket.key_hash)
        .values(sealed_id=sealed_id, answer_bytes=size)
    )
    if before is not None:
        secrets.delete(conn, before)
    return True


def listing(conn: Connection, user_id: str) -> list[dict[str, int]]:
    """Return when each key of a person was seen and when it ends, in unix seconds."""
    query = (
        select(idempotency_keys.c.created_at)
        .where(idempotency_keys.c.user_id == user_id)
        .order_by(idempotency_keys.c.created_at)
    )
    return [{"created_at": at, "expires_at": at + LIFE_S} for at in conn.execute(query).scalars()]


def purge(store: ControlStore) -> int:
    """Delete some keys that have expired, answers included; return how many it were."""
    some = select(idempotency_keys.c.key_hash).where(_is_over(store.now())).limit(_PURGED_AT_ONCE)
    with store.reading() as conn:
        if conn.execute(some.limit(1)).first() is None:
            return 0
    with store.writing() as conn:
        return delete_where(conn, idempotency_keys.c.key_hash.in_(some))


def delete_where(conn: Connection, condition: ColumnElement[bool]) -> int:
    """Delete keys with what is sealed for them; return how many it were."""
    gone = delete(idempotency_keys).where(condition).returning(idempotency_keys.c.sealed_id)
    sealed_ids = conn.execute(gone).scalars().all()
    for sealed_id in sealed_ids:
        if sealed_id is not None:
            SealedSecrets.delete(conn, sealed_id)
    return len(sealed_ids)


def _seen(secrets: SealedSecrets, conn: Connection, ticket: Ticket) -> EarlierUse | None:
    row = conn.execute(_ROW, {"key_hash": ticket.key_hash}).first()
    if row is None or row.created_at <= secrets.store.now() - LIFE_S:
        return None
    is_same = row.request_hash == ticket.request_hash
    return EarlierUse(is_same, row.row_id, _answer(secrets, conn, ticket, row) if is_same else None)


def _answer(secrets: SealedSecrets, conn: Connection, ticket: Ticket, row: Row[Any]) -> str | None:
    """Return the answer that is kept, None also where no key we have opens it."""
    if row.sealed_id is None:
        return None
    try:
        return secrets.get(conn, row.sealed_id, purpose=PURPOSE, owner=ticket.owner)
    except VaultError:
        return None


def _enter(store: ControlStore, conn: Connection, ticket: Ticket) -> str:
    """Insert a key that is not there, or has expired; return the id of its row."""
    now = store.now()
    own = idempotency_keys.c.user_id == ticket.user_id
    delete_where(conn, own & _is_over(now))
    kept = conn.execute(
        select(func.count(), func.min(idempotency_keys.c.created_at)).where(own)
    ).one()
    if kept[0] >= MOST:
        raise TooManyKeysError(max(1, kept[1] + LIFE_S - now))
    row_id = new_id()
    conn.execute(
        insert(idempotency_keys),
        {
            "key_hash": ticket.key_hash,
            "user_id": ticket.user_id,
            "request_hash": ticket.request_hash,
            "row_id": row_id,
            "answer_bytes": 0,
            "created_at": now,
        },
    )
    return row_id


def _is_over(now: int) -> ColumnElement[bool]:
    return idempotency_keys.c.created_at <= now - LIFE_S
