"""API tokens: shown once, kept as a hash, ended by deleting the row."""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    String,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.exc import OperationalError

from provision.control import audit
from provision.control.accounts.entitled import demand
from provision.control.accounts.naming import name_problems, normalized_name
from provision.control.accounts.users import PERSON_COLUMNS, Person, person_from
from provision.control.store.identifiers import digest, is_id, new_id, new_secret
from provision.control.store.tables import tokens, users
from provision.control.workspaces import memberships
from provision.control.workspaces.memberships import NOTHING
from provision.errors import TokenNotFoundError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection as SqlConnection

    from provision.control.accounts.entitled import Entitled
    from provision.control.store.store import ControlStore
    from provision.control.workspaces.memberships import Place

PREFIX: Final = "pvn_"
_SHAPE: Final = re.compile(PREFIX + r"([0-9a-f]{64})([0-9a-f]{8})")
MOST: Final = 200
_USED_EVERY_S: Final = 60
# How long one that ran out is still shown as such.
_KEPT_AFTER_END_S: Final = 90 * 86_400


@dataclass(frozen=True, slots=True)
class Token:
    """What is kept of a token. Times are unix seconds; `expires_at` None means never."""

    id: str
    user_id: str
    name: str
    read_only: bool
    created_at: int
    expires_at: int | None
    last_used_at: int | None
    workspace_id: str | None = None


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Who a token speaks for, and where they are."""

    person: Person
    place: Place
    token: Token


_TOKEN_COLUMNS: Final = tuple(tokens.c[name] for name in Token.__slots__)
_TOKEN_END: Final = len(_TOKEN_COLUMNS)
_PERSON_END: Final = _TOKEN_END + len(PERSON_COLUMNS)
_WANTED: Final = bindparam("workspace_id", type_=String())
_NONE: Final = literal_column("'none'", String())
_RESOLVE: Final = (
    select(*_TOKEN_COLUMNS, *PERSON_COLUMNS, *memberships.columns_for(users.c.id))
    .select_from(
        memberships.join_to(
            tokens.join(users, users.c.id == tokens.c.user_id),
            users.c.id,
            # Of a token for one workspace no other is found, whatever is wanted.
            case(
                (tokens.c.workspace_id.is_(None), _WANTED),
                (or_(_WANTED == NOTHING, tokens.c.workspace_id == _WANTED), tokens.c.workspace_id),
                else_=_NONE,
            ),
            own_first=True,
        )
    )
    .where(
        tokens.c.secret_hash == bindparam("secret_hash"),
        or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > bindparam("now")),
        users.c.is_enabled,
    )
)


def create(
    store: ControlStore,
    *,
    user_id: str,
    name: str,
    read_only: bool,
    expires_at: int | None,
    client: audit.Client,
    workspace_id: str | None = None,
    entitled: Entitled | None = None,
    settle: Callable[[SqlConnection, str, Token], object] | None = None,
) -> tuple[str, Token]:
    """Make a token; return its raw text, which is kept nowhere unless `settle` keeps it sealed.

    It reaches all that its person may enter, or `workspace_id` alone.

    Raises ValidationError as `check` does, or SignInOverError when the person is not `entitled`;
    what `settle` raises on the same transaction leaves no token.
    It ends in a checksum, so that a mistyped one is recognised without the store.
    """
    name = normalized_name(name)
    secret = new_secret()
    raw = f"{PREFIX}{secret}{_checksum(secret)}"
    with store.writing() as conn:
        demand(conn, entitled)
        _check(store, conn, user_id, name)
        long_over = tokens.c.expires_at < store.now() - _KEPT_AFTER_END_S
        conn.execute(delete(tokens).where(tokens.c.user_id == user_id, long_over))
        at = store.now()
        token = Token(new_id(), user_id, name, read_only, at, expires_at, None, workspace_id)
        values: dict[str, Any] = {column: getattr(token, column) for column in Token.__slots__}
        conn.execute(insert(tokens), {**values, "secret_hash": digest(raw)})
        audit.record(
            conn,
            at=token.created_at,
            event="token_created",
            user_id=user_id,
            client=client,
            detail={"token_id": token.id, "name": name, "read_only": read_only},
        )
        if settle is not None:
            settle(conn, raw, token)
    return raw, token


def check(store: ControlStore, *, user_id: str, name: str) -> None:
    """Raise ValidationError for a name no token can have, and where there are too many."""
    with store.reading() as conn:
        _check(store, conn, user_id, normalized_name(name))


def resolve(store: ControlStore, raw: str, *, workspace_id: str = "") -> TokenHolder | None:
    """Return who a token speaks for, None if it is unknown, over, or of a disabled account.

    They are in the workspace `workspace_id`; where that is empty, in the token's own, else in the
    first that is theirs.
    """
    shape = _SHAPE.fullmatch(raw)
    if shape is None or _checksum(shape[1]) != shape[2]:
        return None
    now = store.now()
    row = store.look_up(_RESOLVE, secret_hash=digest(raw), now=now, workspace_id=workspace_id)
    if row is None:
        return None
    token = Token(*row[:_TOKEN_END])
    if token.last_used_at is None or token.last_used_at <= now - _USED_EVERY_S:
        _note_used(store, token.id, now)
    place = memberships.place_from(row[_PERSON_END:])
    return TokenHolder(person_from(row[_TOKEN_END:_PERSON_END]), place, token)


def listing(store: ControlStore, *, user_id: str) -> list[Token]:
    """Return the tokens of a person, expired ones included, newest first."""
    query = (
        select(*_TOKEN_COLUMNS)
        .where(tokens.c.user_id == user_id)
        .order_by(tokens.c.created_at.desc(), tokens.c.id)
    )
    with store.reading() as conn:
        return [Token(*row) for row in conn.execute(query)]


def revoke(store: ControlStore, *, user_id: str, token_id: str, client: audit.Client) -> None:
    """End a token of this person. Raises TokenNotFoundError."""
    if not is_id(token_id):
        raise TokenNotFoundError
    ended = (
        delete(tokens)
        .where(tokens.c.id == token_id, tokens.c.user_id == user_id)
        .returning(tokens.c.name)
    )
    with store.writing() as conn:
        name = conn.execute(ended).scalar()
        if name is None:
            raise TokenNotFoundError
        audit.record(
            conn,
            at=store.now(),
            event="token_revoked",
            user_id=user_id,
            client=client,
            detail={"token_id": token_id, "name": name},
        )


def _check(store: ControlStore, conn: SqlConnection, user_id: str, name: str) -> None:
    if problems := name_problems(name):
        raise ValidationError({"name": problems})
    is_good = or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > store.now())
    counted = select(func.count()).where(tokens.c.user_id == user_id, is_good)
    if conn.execute(counted).scalar_one() >= MOST:
        raise ValidationError(
            {"name": [f"There are {MOST} tokens, and there may be no more. Revoke one first."]}
        )


def _checksum(secret: str) -> str:
    return f"{zlib.crc32(secret.encode()):08x}"


def _note_used(store: ControlStore, token_id: str, now: int) -> None:
    # A store that is busy with something else is no reason to refuse a call.
    with suppress(OperationalError), store.writing() as conn:
        conn.execute(update(tokens).where(tokens.c.id == token_id).values(last_used_at=now))
