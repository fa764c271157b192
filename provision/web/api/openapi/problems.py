"""All errors of the API: status, codes and their members (RFC 9457, docs/api.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, get_args

from provision.control.workspaces.roles import ROLES
from provision.tenant.failures.wording import GENERAL
from provision.tenant.schema.state import State
from provision.web.answer.problem_details import title_of
from provision.web.api.openapi.headers import header

if TYPE_CHECKING:
    from collections.abc import Mapping

CAUSES: Final = tuple(GENERAL)
_DATABASE_FAILURES: Final = (
    "database_unreachable",
    "database_timeout",
    "database_busy",
    "result_too_large",
)
_REMEDY: Final = {"type": "string", "description": "What to do next."}
_ERRORS: Final = {
    "type": "object",
    "description": "What is wrong, by member of the body or parameter of the query.",
    "additionalProperties": {
        "type": "array",
        "items": {"type": "string", "minLength": 1},
        "minItems": 1,
    },
}
_CAUSE: Final = {
    "type": "string",
    "enum": list(CAUSES),
    "description": "What is wrong with the connection to the person's database.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of error answer, named `name` in the description.

    `codes` are those it can carry; `members` what may stand beside the five that all have,
    `needed` which of them always do.
    """

    name: str
    status: int
    codes: tuple[str, ...]
    words: str
    members: Mapping[str, Any] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()

    def schema(self) -> dict[str, Any]:
        """Describe the body."""
        code = self.codes[0]
        return {
            "type": "object",
            "title": self.name,
            "description": self.words,
            "properties": {
                "type": {"type": "string", "description": "A name for this kind of error."},
                "title": {"type": "string", "description": "The status in words."},
                "status": {"type": "integer", "const": self.status},
                "detail": {"type": "string", "description": "What is wrong here, for a person."},
                "code": {"type": "string", "enum": list(self.codes)},
                **self.members,
            },
            "required": ["type", "title", "status", "detail", "code", *self.needed],
            "examples": [
                {
                    "type": f"urn:provision:problem:{code}",
                    "title": title_of(self.status, code),
                    "status": self.status,
                    "detail": self.words,
                    "code": code,
                    **{name: _EXAMPLES[name] for name in self.needed if name in _EXAMPLES},
                }
            ]
            if all(name in _EXAMPLES for name in self.needed)
            else [],
        }

    def response(self, *, body: bool = True) -> dict[str, Any]:
        """Describe the answer; without a `body` for HEAD."""
        answer: dict[str, Any] = {"description": self.words}
        headers = {key: value for each in self.headers for key, value in header(each).items()}
        if headers:
            answer["headers"] = headers
        if body:
            schema = {"$ref": f"#/components/schemas/{self.name}"}
            answer["content"] = {"application/problem+json": {"schema": schema}}
        return answer


_EXAMPLES: Final[dict[str, Any]] = {
    "errors": {"limit": ["A limit is a whole number from 1 to 200."]},
    "cause": "connect_timeout",
}

BAD_REQUEST: Final = Problem(
    "BadRequestProblem",
    400,
    ("malformed_json", "invalid_cursor", "bad_request"),
    "The request cannot be read: its body is not a JSON object, or names a member twice; or its "
    "cursor is not one that this list gave.",
)
UNAUTHORIZED: Final = Problem(
    "UnauthorizedProblem",
    401,
    ("unauthorized",),
    "Nobody is signed in, or the token is not valid any more.",
    headers=("WWW-Authenticate",),
)
BAD_CREDENTIALS: Final = Problem(
    "BadCredentialsProblem",
    401,
    ("invalid_credentials", "two_factor_required"),
    "E-mail address, password or code is wrong, or two-factor is on and no code was sent.",
)
_ROLE: Final = {
    "type": "string",
    "enum": list(ROLES),
    "description": "The lowest role that may do this, with `role_required`.",
}
FORBIDDEN: Final = Problem(
    "ForbiddenProblem",
    403,
    ("read_only_token", "csrf_failed", "role_required"),
    "The token may only read; or a browser's session came without its `X-CSRFToken`; or the "
    "person's role in the workspace may not do this.",
    members={"role": _ROLE},
)
NOT_CONFIRMED: Final = Problem(
    "NotConfirmedProblem",
    403,
    ("reauthentication_required", *FORBIDDEN.codes),
    "Two-factor is on and a connection is replaced: `password` and `code` are needed, and "
    "`errors` says which is missing or wrong. Or as for any call that writes.",
    members={"errors": _ERRORS, **FORBIDDEN.members},
)
NOT_FOUND: Final = Problem(
    "NotFoundProblem", 404, ("not_found",), "It is not there, or it is somebody else's."
)
METHOD_NOT_ALLOWED: Final = Problem(
    "MethodNotAllowedProblem",
    405,
    ("method_not_allowed",),
    "This address does not take this method.",
    headers=("Allow",),
)
TOO_SLOW: Final = Problem(
    "TooSlowProblem",
    408,
    ("request_timeout",),
    "The request did not arrive in time, and nothing was done with it.",
)
NOT_SET_UP: Final = Problem(
    "NotSetUpProblem",
    409,
    (
        *("database_not_configured", "connection_unreadable", "schema_not_ready"),
        "workspace_required",
    ),
    "The database is not set up: none is connected, the kept connection string cannot be opened, "
    "or the tables are missing or of another version. Or the person has several workspaces, and "
    "a browser asked without saying which.",
    members={
        "state": {
            "type": "string",
            "enum": [each for each in get_args(State) if each != "ready"],
            "description": "Of the tables, with `schema_not_ready`.",
        }
    },
)
SCHEMA_CONFLICT: Final = Problem(
    "SchemaConflictProblem",
    409,
    ("schema_conflict", *NOT_SET_UP.codes),
    "A table of the same name has another shape (`problems` says which), and nothing was changed; "
    "or the database is not set up.",
    members={
        **NOT_SET_UP.members,
        "problems": {
            "type": "array",
            "items": {"$ref": "#/components/schemas/TableProblem"},
            "description": "What is in the way, with `schema_conflict`.",
        },
    },
)
TOO_LARGE: Final = Problem(
    "TooLargeProblem", 413, ("too_large",), "The body is longer than 1 MiB. Nothing was done."
)
UNSUPPORTED: Final = Problem(
    "UnsupportedMediaTypeProblem",
    415,
    ("unsupported_media_type",),
    "The body is not sent as `application/json`.",
)
INVALID: Final = Problem(
    "InvalidProblem",
    422,
    ("validation_failed",),
    "Something that was sent breaks a rule: `errors` says what, by name. An unknown member or "
    "parameter is such a thing, too. Without `errors`, a rule of the person's own database "
    "refused the row.",
    members={"errors": _ERRORS, "remedy": _REMEDY},
)
BAD_CONNECTION: Final = Problem(
    "BadConnectionProblem",
    422,
    (*INVALID.codes, *CAUSES),
    "Nothing was saved: the connection string cannot be read, is not allowed, or its test failed. "
    "`detail` says what is wrong, `remedy` what to do.",
    members=INVALID.members,
)
RATE_LIMITED: Final = Problem(
    "RateLimitedProblem",
    429,
    ("rate_limited",),
    "Too many tries. Wait as long as `Retry-After` says.",
    headers=("Retry-After",),
)
UNAVAILABLE: Final = Problem(
    "UnavailableProblem",
    503,
    ("unavailable",),
    "Provision's own store does not answer, or the server is too busy. The person's database is "
    "not concerned.",
    members={"remedy": _REMEDY},
    headers=("Retry-After-If-Known",),
)
DATABASE_FAILED: Final = Problem(
    "DatabaseFailedProblem",
    503,
    (*_DATABASE_FAILURES, *UNAVAILABLE.codes),
    "The person's database did not answer as it should: `cause` says why. Or, as `unavailable` "
    "and without a cause, Provision's own store does not answer, or the server is too busy.",
    members={"cause": _CAUSE, "remedy": _REMEDY},
    headers=("Retry-After-If-Known",),
)


def stale(title: str) -> Problem:
    """Return the 412 of a noun, with its row as `current`."""
    return Problem(
        f"Stale{title}Problem",
        412,
        ("stale_version",),
        "The row has changed since it was read. Nothing was done; `current` is the row as it is "
        "now.",
        members={"current": {"$ref": f"#/components/schemas/{title}"}},
        needed=("current",),
    )


ALL: Final = (
    *(BAD_REQUEST, UNAUTHORIZED, BAD_CREDENTIALS, FORBIDDEN, NOT_CONFIRMED, NOT_FOUND),
    *(METHOD_NOT_ALLOWED, TOO_SLOW, NOT_SET_UP, SCHEMA_CONFLICT, TOO_LARGE, UNSUPPORTED, INVALID),
    *(BAD_CONNECTION, RATE_LIMITED, UNAVAILABLE, DATABASE_FAILED),
)
