"""API tokens of the person: what there is, making one, revoking one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import request, url_for

from provision.control.accounts import tokens as store_tokens
from provision.control.accounts.naming import normalized_name
from provision.errors import RateLimitedError, ReauthenticationRequiredError, ValidationError
from provision.web.answer.compression import keep_plain
from provision.web.answer.partials import done, show_form
from provision.web.format import dates
from provision.web.format.dates import rfc3339
from provision.web.request import session
from provision.web.request.services import services
from provision.web.settings.blueprint import bp
from provision.web.settings.frame import frame
from provision.web.two_factor import reauthentication

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Response

_PAGE: Final = "settings/tokens.html"
_DAY_S: Final = 86_400
_LONGEST: Final = timedelta(days=3650)
LIVES: Final = (
    ("30", "In 30 days"),
    ("90", "In 90 days"),
    ("365", "In a year"),
    ("date", "On a day I choose"),
    ("never", "Never"),
)


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as the page shows it; times as the API writes them."""

    id: str
    name: str
    read_only: bool
    made: str | None
    ends: str | None
    used: str | None
    is_over: bool


@dataclass(frozen=True, slots=True)
class TypedToken:
    """What the form for a new token holds, save for password and code."""

    name: str = ""
    access: str = "read"
    life: str = "90"
    until: str = ""


@bp.get("/tokens")
def tokens() -> Response:
    """List every token, without its text."""
    return _show(TypedToken())


@bp.post("/tokens")
def create_token() -> Response:
    """Make one and show it, this once: a reload could not show it again."""
    form = request.form
    typed = TypedToken(*(form.get(name, "").strip() for name in TypedToken.__slots__))
    user_id = session.person().id
    try:
        expires_at = _end(typed)
        store_tokens.check(services().store, user_id=user_id, name=typed.name)
        reauthentication.reauthenticate(form)
        raw, _ = store_tokens.create(
            services().store,
            user_id=user_id,
            name=typed.name,
            read_only=typed.access != "full",
            expires_at=expires_at,
            client=session.client(),
            entitled=session.still_stands,
            settle=None,
        )
    except (ValidationError, ReauthenticationRequiredError) as error:
        return _show(typed, errors=error.errors)
    except RateLimitedError as error:
        return _show(typed, refusal=error)
    keep_plain()
    return _show(TypedToken(), new_token=(normalized_name(typed.name), raw))


@bp.post("/tokens/revoke")
def revoke_token() -> Response:
    """End one; what uses it is refused from now on."""
    store_tokens.revoke(
        services().store,
        user_id=session.person().id,
        token_id=request.form.get("token", ""),
        client=session.client(),
    )
    return done(
        url_for(".tokens"),
        "The token is revoked.",
        _PAGE,
        "tokens",
        counts_changed=False,
        errors={},
        refusal=None,
        new_token=None,
        **_rows_and_form(TypedToken()),
    )


def _show(
    typed: TypedToken,
    *,
    errors: Mapping[str, list[str]] | None = None,
    refusal: RateLimitedError | None = None,
    new_token: tuple[str, str] | None = None,
) -> Response:
    return show_form(
        _PAGE,
        "tokens",
        errors=errors or {},
        refusal=refusal,
        shell=frame(),
        new_token=new_token,
        **_rows_and_form(typed),
    )


def _rows_and_form(typed: TypedToken) -> dict[str, Any]:
    now = services().store.now()
    rows = [
        TokenRow(
            id=each.id,
            name=each.name,
            read_only=each.read_only,
            made=rfc3339(each.created_at),
            ends=rfc3339(each.expires_at),
            used=rfc3339(each.last_used_at),
            is_over=each.expires_at is not None and each.expires_at <= now,
        )
        for each in store_tokens.listing(services().store, user_id=session.person().id)
    ]
    return {
        "rows": rows,
        "typed": typed,
        "lives": LIVES,
        "first_day": dates.today() + timedelta(days=1),
    }


def _end(typed: TypedToken) -> int | None:
    """Return when the token ends, in unix seconds; None for never. Raises ValidationError."""
    if typed.life == "never":
        return None
    if typed.life in ("30", "90", "365"):
        return services().store.now() + int(typed.life) * _DAY_S
    if typed.life != "date":
        raise ValidationError({"life": ["Choose when the token ends."]})
    today = dates.today()
    try:
        day = date.fromisoformat(typed.until)
    except ValueError:
        raise ValidationError({"until": ["Choose a day, such as 2027-02-28."]}) from None
    if not today < day <= today + _LONGEST:
        raise ValidationError({"until": ["This is a day from tomorrow to ten years from now."]})
    # To the end of that day, where the person is.
    end = dates.stored_midnight(day + timedelta(days=1))
    return int(end.replace(tzinfo=UTC).timestamp())
