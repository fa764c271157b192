"""`/api/tokens`: the API tokens of the person who asks, never their text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, make_response

from provision.control.accounts import tokens as store_tokens
from provision.errors import TokenNotFoundError
from provision.web.api.blueprint import bp
from provision.web.api.body import answer
from provision.web.api.openapi import shapes
from provision.web.format.dates import rfc3339
from provision.web.request import session
from provision.web.request.services import services

if TYPE_CHECKING:
    from uuid import UUID


@bp.get("/tokens", endpoint="tokens")
def listing() -> Response:
    """List the tokens, newest first; one that ran out is listed for 90 days more."""
    here = session.token_id_or_none()
    found = store_tokens.listing(services().store, user_id=session.person().id)
    if session.token_workspace_or_none():
        # One for a workspace knows of no other.
        found = [each for each in found if each.id == here]
    return answer(
        shapes.Tokens(
            [
                shapes.Token(
                    id=each.id,
                    name=each.name,
                    read_only=each.read_only,
                    created_at=rfc3339(each.created_at),
                    expires_at=rfc3339(each.expires_at),
                    last_used_at=rfc3339(each.last_used_at),
                    is_current=each.id == here,
                )
                for each in found
            ]
        )
    )


@bp.delete("/tokens/<uuid:token_id>", endpoint="revoke_token")
def revoke(token_id: UUID) -> Response:
    """End a token, which may be the one that asks; it is refused from the next request on."""
    if session.token_workspace_or_none() and str(token_id) != session.token_id_or_none():
        raise TokenNotFoundError
    store_tokens.revoke(
        services().store,
        user_id=session.person().id,
        token_id=str(token_id),
        client=session.client(),
    )
    return make_response("", 204)
