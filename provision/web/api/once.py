"""`Idempotency-Key`: a POST that is sent again is done once, and gets the first answer again.

What was carried out is answered as it was answered first. What failed or was refused left nothing
behind, and is tried again: the same request alone, since the key stands for it from when it is
first seen.

Where a row is made in the person's database, its id is drawn with the key (`reserved_id`), so that
a try whose answer was lost and the next one cannot make two. What is made in our own store is
committed together with its answer (`settle`).
"""

from __future__ import annotations

import functools
import hmac
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
from flask import Response, current_app, g, make_response, request
from sqlalchemy.exc import OperationalError

from provision.control import idempotency
from provision.control.idempotency import Ticket
from provision.errors import ProvisionError, TenantError, TooManyKeysError, ValidationError
from provision.tenant.failures.wording import MAY_BE_DONE
from provision.web.answer.problem_details import ApiError
from provision.web.api.body import check_readable
from provision.web.request import session
from provision.web.request.prefix import wanted
from provision.web.request.services import services

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from provision.control.idempotency import EarlierUse

HEADER: Final = "Idempotency-Key"
_KEY: Final = re.compile(r"[\x20-\x7e]{1,255}")
_SEND_AGAIN: Final = (
    "It may have been saved all the same: send it again with the same Idempotency-Key, and it is "
    "there once."
)
_HEADERS: Final = ("Content-Type", "Location", "ETag")


class AlreadyDoneError(Exception):
    """Another try with the same key was carried out meanwhile; nothing is done twice."""


class _Answer(msgspec.Struct):
    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a request that has a key."""

    ticket: Ticket

    def look(self) -> EarlierUse | None:
        """Return what is known of the key."""
        return idempotency.look(services().store, services().secrets, self.ticket)

    def claim(self) -> EarlierUse:
        """Bind the key to this request. Raises ValidationError if it belongs to another request.

        Raises RateLimitedError for more keys than are kept.
        """
        seen = idempotency.claim(services().store, services().secrets, self.ticket)
        refuse_another(seen)
        return seen

    def settle(self, conn: Connection, response: Response, *, again: bool = False) -> None:
        """Keep the answer on the transaction that does what it tells of.

        Raises AlreadyDoneError, which rolls that back, where there is an answer already.
        """
        answer = msgspec.json.encode(_answer_of(response)).decode()
        if not idempotency.keep(services().secrets, conn, self.ticket, answer, again=again):
            raise AlreadyDoneError

    def answer_of_another(self, error: Exception) -> Response:
        """Return the answer of a try that was carried out meanwhile; raises `error` for none.

        Raises ValidationError where that was another request.
        """
        seen = self.look()
        if (first := replay(seen)) is not None:
            return first
        if isinstance(error, AlreadyDoneError):
            refuse_another(seen)
        raise error

    def keep(self, response: Response, *, again: bool) -> None:
        """Keep the answer after the work is done; a failure of the store is ignored then.

        The next try finds what this one did.
        """
        harmless = (OperationalError, AlreadyDoneError, TooManyKeysError)
        with suppress(*harmless), services().store.writing() as conn:
            self.settle(conn, response, again=again)


def attempt_of(user_id: str) -> Attempt | None:
    """Return this request as a try with a key; None without a key. Raises ValidationError."""
    key = key_or_none()
    if key is None:
        return None
    return Attempt(Ticket.of(user_id, key, _request_hash()))


def key_or_none() -> str | None:
    """Return the key of this request, if it has one. Raises ValidationError for a malformed key."""
    key = request.headers.get(HEADER)
    if key is not None and not _KEY.fullmatch(key):
        message = "A key is 1 to 255 printable characters of ASCII, such as a random UUID."
        raise ValidationError({HEADER: [message]})
    return key


def refuse_another(seen: EarlierUse | None) -> None:
    """Raise ValidationError if the key belongs to another request."""
    if seen is not None and not seen.is_same:
        message = (
            "This key came with another request within 24 hours. Nothing was done. "
            "Send a new key for each thing to be done."
        )
        raise ValidationError({HEADER: [message]})


def replay(seen: EarlierUse | None) -> Response | None:
    """Return the first answer to the same request; None if there is none."""
    if seen is None or not seen.is_same or seen.answer is None:
        return None
    kept = msgspec.json.decode(seen.answer, type=_Answer)
    response = make_response(kept.body, kept.status)
    response.headers.update(kept.headers)
    response.headers["Idempotent-Replayed"] = "true"
    return response


def reserved_id() -> str | None:
    """Return the id for the row that this request creates; None if any id will do."""
    row_id: str | None = g.get("reserved_id")
    return row_id


def settle(conn: Connection, response: Response) -> None:
    """Keep `response` on the transaction that does what it tells of, where there is a key.

    What the view answers in the end takes its place. Raises AlreadyDoneError.
    """
    attempt: Attempt | None = g.get("attempt")
    if attempt is not None:
        attempt.settle(conn, response)
        g.is_settled = True


def once(view: Callable[..., Response], *, body_is_needed: bool = True) -> Callable[..., Response]:
    """Let a view of a person who is signed in take an `Idempotency-Key`."""

    @functools.wraps(view)
    def answered(**arguments: Any) -> Response:
        attempt = attempt_of(session.person().id)
        if attempt is None:
            return view(**arguments)
        if body_is_needed or request.get_data():
            check_readable()
        seen = attempt.claim()
        if (first := replay(seen)) is not None:
            return first
        g.attempt, g.reserved_id = attempt, seen.row_id
        try:
            response = view(**arguments)
        except (ProvisionError, ApiError, AlreadyDoneError) as error:
            if isinstance(error, TenantError):
                error.remedy = error.remedy.replace(MAY_BE_DONE, _SEND_AGAIN)
            return attempt.answer_of_another(error)
        if response.status_code < 300:
            attempt.keep(response, again=g.get("is_settled", False))
        return response

    return answered


def _answer_of(response: Response) -> _Answer:
    headers = {name: response.headers[name] for name in _HEADERS if name in response.headers}
    return _Answer(response.status_code, headers, response.get_data(as_text=True))


def _request_hash() -> str:
    """Return a hash that differs for another request.

    With our own key, since a body may hold a password that could be guessed from a plain hash.
    """
    # As the request names it: a call that connects a database changes where the person is.
    about = wanted() or session.token_workspace_or_none() or ""
    told = f"idempotency\0{request.method}\0{about}{request.path}\0".encode()
    content = b"\0".join((told, request.query_string, request.get_data()))
    return hmac.digest(str(current_app.secret_key).encode(), content, "sha256").hex()
