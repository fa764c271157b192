"""Accounts: who may sign in, and how far each has come with setting up."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from provision.control import audit
from provision.control.accounts.formats import FORMAT_COLUMNS, Formats
from provision.control.accounts.naming import (
    email_problems,
    name_problems,
    normalized_email,
    normalized_name,
)
from provision.control.store.identifiers import new_id
from provision.control.store.tables import half_sign_ins, sessions, users
from provision.credentials.passwords import password_problems
from provision.errors import (
    BadCredentialsError,
    EmailTakenError,
    NotFoundError,
    SignInOverError,
    TooManySignInsError,
    ValidationError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, Connection, Row, Select

    from provision.control.store.store import ControlStore
    from provision.credentials.passwords import PasswordHasher

FIRST_SETUP_STEP: Final = "information"


@dataclass(frozen=True, slots=True)
class Person:
    """An account; `setup_step` is where the wizard goes on."""

    id: str
    email: str
    name: str
    is_enabled: bool
    two_factor: bool
    setup_step: str
    formats: Formats = field(default_factory=Formats)


@dataclass(frozen=True, slots=True)
class Recognised:
    """A person whose password was right, and what was in force when it was looked at.

    Between that look and what it lets them do the account may change: whoever writes such a thing
    asks `still_holds` in the same transaction.
    """

    person: Person
    password_hash: str = field(repr=False)

    def still_holds(self, conn: Connection) -> bool:
        """Return whether password, second factor and account are as they were."""
        row = conn.execute(_STANDING, {"id": self.person.id}).first()
        return row is not None and tuple(row) == (self.password_hash, self.person.two_factor, True)


PERSON_COLUMNS: Final[tuple[ColumnElement[Any], ...]] = (
    users.c.id,
    users.c.email,
    users.c.name,
    users.c.is_enabled,
    users.c.totp_secret_id.is_not(None),
    users.c.setup_step,
    *FORMAT_COLUMNS,
)
_BY_ID: Final = select(*PERSON_COLUMNS).where(users.c.id == bindparam("id"))
_BY_EMAIL: Final[Select[Any]] = select(*PERSON_COLUMNS, users.c.password_hash).where(
    users.c.email == bindparam("email")
)
_STANDING: Final = select(
    users.c.password_hash, users.c.totp_secret_id.is_not(None), users.c.is_enabled
).where(users.c.id == bindparam("id"))
_LISTING: Final = select(*PERSON_COLUMNS).order_by(users.c.email)


def person_from(columns: Sequence[Any]) -> Person:
    """Return the person whose values of PERSON_COLUMNS these are."""
    user_id, email, name, is_enabled, two_factor, setup_step, *formats = columns
    return Person(user_id, email, name, is_enabled, two_factor, setup_step, Formats(*formats))


def check_registration(*, email: str, name: str, password: str) -> None:
    """Raise ValidationError for what no account can be made of, before anything costs time."""
    _raise_problems(
        email=email_problems(normalized_email(email)),
        name=name_problems(normalized_name(name)),
        password=password_problems(password, (name, email)),
    )


def register(
    store: ControlStore,
    hasher: PasswordHasher,
    *,
    email: str,
    name: str,
    password: str,
    client: audit.Client,
) -> Person:
    """Make an account. Raises ValidationError, or EmailTakenError."""
    check_registration(email=email, name=name, password=password)
    email, name = normalized_email(email), normalized_name(name)
    person = Person(new_id(), email, name, True, False, FIRST_SETUP_STEP)
    password_hash = hasher.hash(password)
    try:
        with store.writing() as conn:
            at = store.now()
            conn.execute(
                insert(users),
                {
                    "id": person.id,
                    "email": email,
                    "name": name,
                    "password_hash": password_hash,
                    "is_enabled": True,
                    "setup_step": FIRST_SETUP_STEP,
                    "created_at": at,
                },
            )
            audit.record(conn, at=at, event="registered", user_id=person.id, client=client)
    except IntegrityError:
        raise EmailTakenError from None
    return person


def authenticate(
    store: ControlStore,
    hasher: PasswordHasher,
    *,
    email: str,
    password: str,
    client: audit.Client,
) -> Recognised:
    """Return the person whose password this is.

    Raises BadCredentialsError, alike and after equal work for a wrong password, an unknown address
    and a disabled account.
    """
    row = _row_by_email(store, email)
    stored = row.password_hash if row else None
    matches = hasher.verify(stored, password)
    if row is None or stored is None or not matches or not row.is_enabled:
        with store.writing() as conn:
            audit.record(
                conn,
                at=store.now(),
                event="sign_in_failed",
                # Not what was typed: now and then that is a password in the wrong field.
                user_id=row.id if row else None,
                client=client,
            )
        raise BadCredentialsError
    if hasher.needs_rehash(stored):
        with suppress(TooManySignInsError):  # there is time for it at another sign-in
            stored = _rehash(store, row.id, stored, hasher.hash(password))
    return Recognised(person_from(row[:-1]), stored)


def confirm_password(
    store: ControlStore,
    hasher: PasswordHasher,
    user_id: str,
    *,
    password: str,
    client: audit.Client,
) -> None:
    """Raise BadCredentialsError unless this is the present password of that account."""
    query = select(users.c.password_hash).where(users.c.id == user_id)
    with store.reading() as conn:
        stored = conn.execute(query).scalar()
    if hasher.verify(stored, password):
        return
    with store.writing() as conn:
        audit.record(
            conn,
            at=store.now(),
            event="reauthentication_failed",
            user_id=user_id,
            client=client,
        )
    raise BadCredentialsError


def by_email(store: ControlStore, email: str) -> Person | None:
    row = _row_by_email(store, email)
    return person_from(row[:-1]) if row else None


def by_id(store: ControlStore, user_id: str) -> Person | None:
    with store.reading() as conn:
        row = conn.execute(_BY_ID, {"id": user_id}).first()
    return person_from(row) if row else None


def listing(store: ControlStore) -> list[Person]:
    """Return everybody, by e-mail address."""
    with store.reading() as conn:
        return [person_from(row) for row in conn.execute(_LISTING)]


def set_enabled(store: ControlStore, user_id: str, *, enabled: bool) -> None:
    """Open or close an account, by the operator; closing it ends its sessions.

    Raises NotFoundError.
    """
    with store.writing() as conn:
        _update(conn, user_id, is_enabled=enabled)
        if not enabled:
            conn.execute(delete(sessions).where(sessions.c.user_id == user_id))
            conn.execute(delete(half_sign_ins).where(half_sign_ins.c.user_id == user_id))
        event: audit.EventName = "account_enabled" if enabled else "account_disabled"
        audit.record(conn, at=store.now(), event=event, user_id=user_id, client=audit.OPERATOR)


def change_email(
    store: ControlStore,
    user_id: str,
    *,
    email: str,
    client: audit.Client,
    entitled: Callable[[Connection], bool] | None = None,
) -> None:
    """Change the e-mail address of a person, in the transaction that asks whether they may.

    Raises ValidationError, EmailTakenError, NotFoundError, or SignInOverError when not entitled.
    """
    check_email(email)
    email = normalized_email(email)
    before = select(users.c.email).where(users.c.id == user_id)
    try:
        with store.writing() as conn:
            if entitled is not None and not entitled(conn):
                raise SignInOverError
            former = conn.execute(before).scalar()
            _update(conn, user_id, email=email)
            audit.record(
                conn,
                at=store.now(),
                event="email_changed",
                user_id=user_id,
                client=client,
                # A person whose account was stolen asks for it by the address it had.
                detail={"before": former},
            )
    except IntegrityError:
        raise EmailTakenError("Another account here has this e-mail address.") from None


def check_email(email: str) -> None:
    """Raise ValidationError for what cannot be the address of an account."""
    _raise_problems(email=email_problems(normalized_email(email)))


def set_setup_step(store: ControlStore, user_id: str, step: str) -> None:
    """Remember where the wizard goes on. Raises NotFoundError."""
    with store.writing() as conn:
        _update(conn, user_id, setup_step=step)


def _raise_problems(**problems: list[str]) -> None:
    errors = {field: messages for field, messages in problems.items() if messages}
    if errors:
        raise ValidationError(errors)


def _row_by_email(store: ControlStore, email: str) -> Row[Any] | None:
    email = normalized_email(email)
    if email_problems(email):
        return None
    with store.reading() as conn:
        return conn.execute(_BY_EMAIL, {"email": email}).first()


def _update(conn: Any, user_id: str, **values: Any) -> None:
    if conn.execute(update(users).where(users.c.id == user_id).values(**values)).rowcount == 0:
        raise NotFoundError


def _rehash(store: ControlStore, user_id: str, before: str, after: str) -> str:
    """Store a stronger hash of the same password, unless it was changed; return the one kept."""
    with store.writing() as conn:
        changed = conn.execute(
            update(users)
            .where(users.c.id == user_id, users.c.password_hash == before)
            .values(password_hash=after)
        )
    return after if changed.rowcount else before
