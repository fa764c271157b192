"""`/api/auth/token` and `/api/user`."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from provision.control.accounts import formats, profile, tokens, users
from provision.control.workspaces import memberships
from provision.errors import (
    BadCredentialsError,
    SecondFactorRejectedError,
    ValidationError,
)
from provision.web.answer.compression import keep_plain
from provision.web.answer.problem_details import ApiError
from provision.web.api.blueprint import bp
from provision.web.api.body import answer, read_object, text_fields
from provision.web.api.once import (
    AlreadyDoneError,
    Attempt,
    attempt_of,
    key_or_none,
    refuse_another,
    replay,
)
from provision.web.api.openapi import shapes
from provision.web.format.dates import rfc3339
from provision.web.request import limits, session
from provision.web.request.services import services
from provision.web.two_factor import codes

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy import Connection as SqlConnection

    from provision.control.accounts.tokens import Token
    from provision.control.accounts.users import Person, Recognised
    from provision.control.second_factor.checking import Accepted

_DAY_S: Final = 86_400
_LONGEST_DAYS: Final = 3650


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the body asks for; `expires_days` is None for a token that does not end."""

    email: str
    password: str = field(repr=False)
    code: str | None = field(repr=False)
    name: str
    read_only: bool
    expires_days: int | None
    workspace: str | None = None
    """The id of the one workspace that it shall reach; None for all."""


@bp.post("/auth/token")
def create_token() -> Response:
    """Make an API token for a person who proves who they are in the body."""
    key_or_none()
    wanted = _wanted()
    keep_plain()
    limits.admit(wanted.email)
    try:
        found = users.authenticate(
            services().store,
            services().hasher,
            email=wanted.email,
            password=wanted.password,
            client=session.client(),
        )
    except BadCredentialsError:
        limits.failed(wanted.email)
        raise
    attempt = attempt_of(found.person.id)
    try:
        first = _first_answer(found.person, wanted, attempt)
        return _make(found, wanted, attempt) if first is None else first
    except (SecondFactorRejectedError, AlreadyDoneError) as error:
        if attempt is None:
            raise
        return attempt.answer_of_another(error)


def _wanted() -> _Wanted:
    """Read the body. Raises ApiError or ValidationError."""
    texts = ("email", "password", "code", "name", "workspace")
    body = read_object(*texts, "read_only", "expires_days")
    email, password, code, name, place = text_fields(body, *texts)
    expires_days = _expires_days(body.get("expires_days"))
    read_only = body.get("read_only", False)
    if not isinstance(read_only, bool):
        raise ValidationError({"read_only": ["This is true or false."]})
    if not email or not password:
        sent = {"email": email, "password": password}
        raise ValidationError({name: ["This is needed."] for name in sent if not sent[name]})
    name = (name or "").strip() or "API"
    return _Wanted(email, password, code, name, read_only, expires_days, place or None)


def _workspace_id(person: Person, wanted: str | None) -> str | None:
    """Return the id of a workspace that the person may enter. Raises ValidationError."""
    if wanted is None:
        return None
    entered = memberships.listing(services().store, user_id=person.id)
    if wanted.lower() not in {each.id for each in entered}:
        raise ValidationError({"workspace": ["This is no workspace that you may enter."]})
    return wanted.lower()


def _first_answer(person: Person, wanted: _Wanted, attempt: Attempt | None) -> Response | None:
    """Return the first answer to the same request, or use the code up and return None."""
    seen = attempt.look() if attempt else None
    # A code works once, and the first try has used it up: so look for its answer before the code.
    if (first := replay(seen)) is not None:
        return first
    accepted = _check_code(person, wanted.code) if person.two_factor else None
    refuse_another(seen)
    if accepted is not None:
        codes.spend(accepted)
    return None


def _make(found: Recognised, wanted: _Wanted, attempt: Attempt | None) -> Response:
    def settle(conn: SqlConnection, raw: str, token: Token) -> None:
        if attempt is not None:
            attempt.settle(conn, _made(raw, token))

    store, days = services().store, wanted.expires_days
    workspace_id = _workspace_id(found.person, wanted.workspace)
    raw, token = tokens.create(
        store,
        user_id=found.person.id,
        name=wanted.name,
        read_only=wanted.read_only,
        expires_at=store.now() + days * _DAY_S if days else None,
        client=session.client(),
        workspace_id=workspace_id,
        entitled=found.still_holds,
        settle=settle,
    )
    return _made(raw, token)


@bp.get("/user")
def user() -> Response:
    """Return the account that asks."""
    return _user(session.person())


@bp.patch("/user")
def change_user() -> Response:
    """Change the name and the formats of the account that asks; what is not sent stays."""
    body = read_object("name", *formats.FORMAT_NAMES)
    sent = dict(zip(body, text_fields(body, *body), strict=True))
    empty = {name: ["This cannot be null."] for name, value in sent.items() if value is None}
    if empty:
        raise ValidationError(empty)
    values = {name: str(value) for name, value in sent.items()}
    return _user(profile.change(services().store, session.person().id, values))


def _user(person: Person) -> Response:
    return answer(
        shapes.UserAnswer(
            shapes.User(
                person.id,
                person.email,
                person.name,
                person.two_factor,
                person.formats.zone.key,
                person.formats.week_start,
                person.formats.date_format,
                person.formats.number_format,
            )
        )
    )


def _made(raw: str, token: Token) -> Response:
    return answer(shapes.MadeToken(raw, token.id, rfc3339(token.expires_at)), 201)


def _check_code(person: Person, code: str | None) -> Accepted:
    """Look at the second factor's code. Raises ApiError when there is none."""
    if not code:
        raise ApiError(
            401,
            "two_factor_required",
            "Two-factor is on for this account: send its code, or a recovery code, as `code` too.",
        )
    return codes.check(person, code)


def _expires_days(value: Any) -> int | None:
    if value is None:
        return None
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    # 30.0 is a whole number, too, as JSON has it.
    if not is_number or not 1 <= value <= _LONGEST_DAYS or value % 1:
        raise ValidationError(
            {"expires_days": [f"This is a whole number of days from 1 to {_LONGEST_DAYS:,}."]}
        )
    return int(value)
