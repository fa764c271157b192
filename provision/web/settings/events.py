"""What the audit trail holds, in words for the person whom it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provision.control.audit import Event

WORDS: Final[Mapping[str, str]] = {
    "registered": "Account made",
    "signed_in": "Signed in",
    "sign_in_failed": "A sign-in failed",
    "signed_out": "Signed out",
    "session_ended": "Another browser signed out",
    "sessions_ended": "All other browsers signed out",
    "password_changed": "Password changed",
    "password_reset_issued": "A link to reset the password made",
    "password_reset": "Password reset by a link",
    "email_changed": "E-mail address changed",
    "account_enabled": "Account opened again",
    "account_disabled": "Account closed",
    "connection_saved": "Database connected",
    "connection_replaced": "Database connection replaced",
    "connection_forgotten": "Connection string forgotten",
    "token_created": "API token made",
    "token_revoked": "API token revoked",
    "two_factor_on": "Two-factor turned on",
    "two_factor_off": "Two-factor turned off",
    "two_factor_reset": "Two-factor removed",
    "second_factor_failed": "A two-factor code was wrong",
    "recovery_codes_made": "New recovery codes made",
    "recovery_codes_saved": "Recovery codes confirmed as saved",
    "recovery_code_used": "A recovery code used up",
    "reauthentication_failed": "A confirmation by password failed",
    "data_exported": "All that is held about you downloaded",
    "exported": "Rows taken along as a file",
    "imported": "Rows imported",
    "account_deleted": "Account deleted",
    "keys_rotated": "Secrets moved to another key",
}
_FAILURES: Final = frozenset({"sign_in_failed", "second_factor_failed", "reauthentication_failed"})


def words(event: Event) -> str:
    """Say what happened; for an event of a later version, return its name."""
    return WORDS.get(event.event, event.event.replace("_", " ").capitalize())


def particulars(event: Event) -> str:
    """Say what the event was about; nothing if the event does not tell."""
    match event.detail:
        case {"host": host, "port": port, "database": database}:
            return f"{database} at {host}:{port}"
        case {"name": text} | {"what": text} | {"reason": text}:
            return str(text)
        case {"count": count}:
            return f"{count} in all"
        case {"before": before}:
            return f"it was {before}"
        case {"address": address}:
            return f"the one at {address}"
        case _:
            return ""


def is_failure(event: Event) -> bool:
    """Return whether somebody tried to prove who they are and failed."""
    return event.event in _FAILURES
