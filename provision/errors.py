"""Declares every error that this program raises on purpose, as one tree.

The default message of each class, and every `detail` and `remedy`, is safe to show to the person
concerned: it never holds a secret, nor words a foreign server chose. The web layer turns a class
into a status and a page, or a problem, in one table (`web/request/problems`).

    ProvisionError
    ├── SettingsError                 a wrong value in the environment; stops the start
    ├── ValidationError               input that breaks a noun's rules; one message list a field
    ├── NotFoundError                 absent, or not yours
    │   ├── ProjectNotFoundError
    │   ├── TaskNotFoundError
    │   ├── TeamMemberNotFoundError
    │   ├── SessionNotFoundError
    │   ├── ResetLinkNotFoundError
    │   ├── TokenNotFoundError
    │   └── ConnectionNotFoundError
    ├── StaleVersionError             the row changed since it was read
    ├── RowRefusedError               a rule of the user's own database stands against the row
    │   └── CharacterRefusedError     its encoding lacks a character
    ├── InvalidCursorError
    ├── RateLimitedError              the client may retry after `retry_after_s` seconds
    │   ├── TooManyAttemptsError      a rate limit is reached
    │   ├── TooManyTestsError         more connection tests at once than there is room for
    │   ├── TooManyKeysError          more `Idempotency-Key`s of a person than are kept
    │   └── TooManySignInsError       more passwords to check at once than there is room for
    ├── AccountError
    │   ├── EmailTakenError
    │   ├── BadCredentialsError
    │   ├── SignInOverError           what let the person in was revoked meanwhile
    │   ├── RegistrationClosedError
    │   ├── SecondFactorRejectedError
    │   ├── SecondFactorUnreadableError
    │   ├── TwoFactorSetupOverError
    │   └── ReauthenticationRequiredError
    ├── WorkspaceRequiredError        of several workspaces, the request does not say which
    ├── RoleRequiredError             the person's role in the workspace may not do this
    ├── VaultError
    │   ├── UnknownKeyError           sealed under a key that is not configured
    │   └── SealBrokenError           tampered with, cut short, or moved from another row
    ├── DatabaseError                 carries a code, a detail and a remedy
    │   ├── ConnectionStringError     refused before connecting
    │   │   └── AddressRefusedError   the network policy does not let it live there
    │   └── TenantError               the tenant's database answered badly or not at all
    │       ├── UnreachableError      `database_unreachable`
    │       ├── DatabaseTimeoutError  `database_timeout`
    │       ├── DatabaseBusyError     `database_busy`: no slot for a connection in time
    │       └── ResultTooLargeError   `result_too_large`
    └── WorkspaceError                the workspace is not set up; the wizard repairs it
        ├── NotConnectedError
        ├── ConnectionUnreadableError
        ├── SchemaNotReadyError
        └── SchemaConflictError
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class ProvisionError(Exception):
    """Base of all; `str()` of it may be shown to the person concerned."""

    message: ClassVar[str] = "Something went wrong."

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.message)


class SettingsError(ProvisionError):
    """A setting holds a value it may not hold; the text is one line that names the variable."""


class ValidationError(ProvisionError):
    """Input breaks the rules; `errors` maps each field to its messages."""

    message = "Some of this cannot be saved as it is."

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self.errors: dict[str, list[str]] = {name: list(texts) for name, texts in errors.items()}


class NotFoundError(ProvisionError):
    """It does not exist, or it is somebody else's: no answer says which."""

    message = "There is nothing here by that name."


class ProjectNotFoundError(NotFoundError):
    message = "This project does not exist (any more)."


class TaskNotFoundError(NotFoundError):
    message = "This task does not exist (any more)."


class TeamMemberNotFoundError(NotFoundError):
    message = "This team member does not exist (any more)."


class SessionNotFoundError(NotFoundError):
    message = "This session is over already."


class ResetLinkNotFoundError(NotFoundError):
    message = (
        "This link is used up, or too old, or not whole. "
        "Ask whoever runs this server for another one."
    )


class TokenNotFoundError(NotFoundError):
    message = "This token does not exist (any more)."


class ConnectionNotFoundError(NotFoundError):
    message = "This connection does not exist (any more)."


class StaleVersionError(ProvisionError):
    """The row changed since it was read; `current` is the row as it stands now."""

    message = "This was changed elsewhere while you were editing. Nothing has been saved."

    def __init__(self, current: Any) -> None:
        super().__init__()
        self.current = current


class RowRefusedError(ProvisionError):
    """A constraint, trigger or rule that is not ours refused what was written."""

    message = (
        "Your database refused this because of a rule of its own (a constraint or a trigger). "
        "Nothing has been saved."
    )


class CharacterRefusedError(RowRefusedError):
    """The encoding of the user's database lacks a character of what was written or looked for."""

    message = (
        "Your database keeps text in an encoding that lacks one of these characters, so that it "
        "can neither be saved nor found. Use others, or move to a database whose encoding is UTF8."
    )


class InvalidCursorError(ProvisionError):
    message = "This cursor is not one we gave for this list. Start again without it."


class RateLimitedError(ProvisionError):
    """Somebody asked for too much; they may try again after `retry_after_s` seconds."""

    retry_after_s: int


class TooManyAttemptsError(RateLimitedError):
    """A rate limit is reached; the text says for how long."""

    message = "Too many tries from your network address."

    def __init__(self, retry_after_s: int, message: str | None = None) -> None:
        super().__init__(f"{message or self.message} Try again in {_in_words(retry_after_s)}.")
        self.retry_after_s = retry_after_s


class TooManyTestsError(RateLimitedError):
    """`retry_after_s` is about as long as a test takes at most."""

    message = "Too many connection tests are running at the moment. Nothing was tested or saved."
    retry_after_s = 5


class TooManyKeysError(RateLimitedError):
    """`retry_after_s` is when the oldest key ends."""

    message = (
        "Too many calls with an Idempotency-Key within 24 hours. Nothing was done. "
        "Without the header the call is possible."
    )

    def __init__(self, retry_after_s: int) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class TooManySignInsError(RateLimitedError):
    message = "Many people are signing in at this moment. Nothing was lost; try again in a second."
    retry_after_s = 1


class AccountError(ProvisionError):
    """Base of what can be wrong with an account or a sign-in."""


class EmailTakenError(AccountError):
    message = "There is already an account with this e-mail address. Sign in instead."


class BadCredentialsError(AccountError):
    message = "E-mail address or password is wrong."


class SignInOverError(AccountError):
    """What let a person in was right when it was checked, and was revoked meanwhile."""

    message = "Your account was changed, or you were signed out, a moment ago. Sign in again."


class RegistrationClosedError(AccountError):
    message = "Registration is closed here. Ask whoever runs this server for an account."


class SecondFactorRejectedError(AccountError):
    message = "This code is wrong, or it was used already. Try the next one your app shows."


class SecondFactorUnreadableError(AccountError):
    message = (
        "The secret behind your authenticator cannot be opened on this server any more. "
        "Use a recovery code, or ask whoever runs the server to reset your two-factor."
    )


class TwoFactorSetupOverError(AccountError):
    message = "This QR code is not good any more. Scan the new one, then type its code."


class ReauthenticationRequiredError(AccountError):
    """`errors` says by field (`password`, `code`) what is missing or wrong."""

    message = "Confirm that it is you: nothing has been changed."

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self.errors: dict[str, list[str]] = {name: list(texts) for name, texts in errors.items()}


class WorkspaceRequiredError(ProvisionError):
    """The person may enter several workspaces, and the request says not which it is about."""

    def __init__(self) -> None:
        super().__init__("You work in several workspaces. Open the one that is meant, then do it.")


class RoleRequiredError(ProvisionError):
    """What was asked is not for the person's role in this workspace; `role` is the least one."""

    def __init__(self, role: str) -> None:
        super().__init__(f"Only the role {role}, or one above it, may do this here. Ask the owner.")
        self.role = role


class VaultError(ProvisionError):
    """A sealed secret cannot be opened."""

    message = "A stored secret cannot be opened."


class UnknownKeyError(VaultError):
    message = "A stored secret was sealed under a key that is not configured."


class SealBrokenError(VaultError):
    message = "A stored secret was altered and cannot be opened."


class DatabaseError(ProvisionError):
    """Base of all that can be wrong with a connection.

    `code` is one of docs/troubleshooting.md, `detail` says what is wrong in plain words, `remedy`
    what to do next. No part repeats a password or text that a server sent.
    """

    def __init__(self, code: str, detail: str, remedy: str = "") -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.remedy = remedy


class ConnectionStringError(DatabaseError):
    """The pasted connection string is refused before anything is connected to."""


class AddressRefusedError(ConnectionStringError):
    """The network policy does not let a tenant database live at this address.

    `where` says in words what the address is, and `operator` which setting decides and what it
    would have to hold; both are empty where the spelling of the host alone is refused.
    """

    def __init__(
        self, detail: str, remedy: str = "", *, where: str = "", operator: str = ""
    ) -> None:
        super().__init__("blocked_address", detail, remedy)
        self.where = where
        self.operator = operator


class TenantError(DatabaseError):
    """The tenant's database answered badly or not at all.

    `problem` is the code of the API's 503; `code` is then its `cause`.
    `retry_after_s` is set where waiting helps. `sqlstate` is kept for logs, or None. `at_once`: it
    was not asked this time, because of how it answered before. `why` tells cases of one code apart
    that have words of their own.
    """

    problem: ClassVar[str] = "database_unreachable"

    def __init__(
        self,
        code: str,
        detail: str,
        remedy: str = "",
        *,
        retry_after_s: int | None = None,
        sqlstate: str | None = None,
        at_once: bool = False,
        why: str = "",
    ) -> None:
        super().__init__(code, detail, remedy)
        self.why = why
        self.retry_after_s = retry_after_s
        self.sqlstate = sqlstate
        self.at_once = at_once


class UnreachableError(TenantError):
    """No usable connection could be had, or it broke."""


class DatabaseTimeoutError(TenantError):
    """It did not answer in time, by our own clock."""

    problem = "database_timeout"


class DatabaseBusyError(TenantError):
    """No connection became free in time, here or at the server."""

    problem = "database_busy"


class ResultTooLargeError(TenantError):
    """One statement sent more bytes than agreed and was cut off."""

    problem = "result_too_large"


class WorkspaceError(ProvisionError):
    """The workspace is not (or no longer) set up; the wizard repairs it."""


class NotConnectedError(WorkspaceError):
    message = "No database is connected yet."


class ConnectionUnreadableError(WorkspaceError):
    message = (
        "The stored connection string cannot be opened any more. "
        "Paste your connection string again; your work is safe in your database."
    )


class SchemaNotReadyError(WorkspaceError):
    """The tables are not as this version needs them; `state` says how, for the API."""

    message = "The tables in your database are not ready."

    def __init__(self, state: str) -> None:
        super().__init__()
        self.state = state


class SchemaConflictError(WorkspaceError):
    """A table of the same name has another shape; `problems` says where, for the API."""

    message = "A table of the same name has another shape. Nothing has been changed."

    def __init__(self, problems: Sequence[Any]) -> None:
        super().__init__()
        self.problems = list(problems)


def _in_words(seconds: int) -> str:
    if seconds <= 90:
        return "a second" if seconds == 1 else f"{seconds} seconds"
    return f"{-(-seconds // 60)} minutes"
