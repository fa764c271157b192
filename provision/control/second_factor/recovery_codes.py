"""Makes and spends recovery codes: ten for each person, for the day the authenticator is lost.

A code is 120 random bits: beyond guessing, so that a plain hash of it gives nothing away (OWASP
ASVS 5.0, 6.5.2, asks for 112). It is hashed together with whose it is. What is typed may differ in
case, spaces and hyphens, and in letters that look alike.
"""

from __future__ import annotations

import secrets
import unicodedata
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, insert, select, update

from provision.control.store.identifiers import digest, new_id
from provision.control.store.tables import recovery_codes

if TYPE_CHECKING:
    from sqlalchemy import Connection

CODES: Final = 10

# Crockford's base32, which leaves out what is read for something else; five bits a character.
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_LOOK_ALIKES: Final = str.maketrans("ilo", "110")
_CHARACTERS: Final = 24
_GROUP: Final = 4
_MAX_TYPED_CHARACTERS: Final = 100


def code_from(typed: str) -> str | None:
    """Return the recovery code that was typed, in its one spelling; None when it cannot be one."""
    if len(typed) > _MAX_TYPED_CHARACTERS:
        return None
    text = unicodedata.normalize("NFKC", typed).lower()
    text = "".join(each for each in text if each.isalnum()).translate(_LOOK_ALIKES)
    return _grouped(text) if len(text) == _CHARACTERS and set(text) <= set(_ALPHABET) else None


def replace(conn: Connection, user_id: str) -> list[str]:
    """Make ten new codes in place of those before; only what is returned has them in clear."""
    remove(conn, user_id)
    codes = [
        _grouped("".join(secrets.choice(_ALPHABET) for _ in range(_CHARACTERS)))
        for _ in range(CODES)
    ]
    conn.execute(
        insert(recovery_codes),
        [{"id": new_id(), "user_id": user_id, "code_hash": _hash(user_id, code)} for code in codes],
    )
    return codes


def find(conn: Connection, user_id: str, typed: str) -> str | None:
    """Return the id of the unused code that was typed, None if this person has no such code."""
    code = code_from(typed)
    if code is None:
        return None
    query = select(recovery_codes.c.id).where(
        recovery_codes.c.user_id == user_id,
        recovery_codes.c.code_hash == _hash(user_id, code),
        recovery_codes.c.used_at.is_(None),
    )
    return conn.execute(query).scalar()


def spend(conn: Connection, code_id: str, *, at: int) -> bool:
    """Use a code up; return False when it was used before."""
    spent = (
        update(recovery_codes)
        .where(recovery_codes.c.id == code_id, recovery_codes.c.used_at.is_(None))
        .values(used_at=at)
    )
    return conn.execute(spent).rowcount == 1


def left(conn: Connection, user_id: str) -> int:
    """Return how many codes are unused."""
    query = select(func.count()).where(
        recovery_codes.c.user_id == user_id, recovery_codes.c.used_at.is_(None)
    )
    return conn.execute(query).scalar_one()


def remove(conn: Connection, user_id: str) -> None:
    conn.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))


def _grouped(text: str) -> str:
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def _hash(user_id: str, code: str) -> str:
    return digest(f"{user_id}/{code}")
