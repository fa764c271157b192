"""The calls of the API that are not about rows, and what all calls share, as OpenAPI has it."""

from __future__ import annotations

from typing import Any, Final, get_args

from provision.tenant.schema import State

INTRODUCTION: Final = (
    "JSON in and out, in UTF-8. Send a token as Authorization: Bearer …; a browser's session does "
    "too, for anything but GET with its X-CSRFToken. Rows live in the database of whoever asks, "
    "and so may hold what other programs wrote; what is written here is held to the rules. Money "
    "is a number with two decimals at most, days are YYYY-MM-DD, moments RFC 3339 in UTC."
)
SECURITY: Final = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": "provision_session"},
}
_MEANINGS: Final = {
    400: "It cannot be read: `malformed_json`, `invalid_cursor`, `bad_request`.",
    401: "`unauthorized`, `invalid_credentials`, `two_factor_required`.",
    403: "`read_only_token`, `csrf_failed`, `reauthentication_required`.",
    404: "`not_found`: absent, or not yours.",
    409: "The database is not set up: `database_not_configured`, `connection_unreadable`, "
    "`schema_not_ready` (with `state`), `schema_conflict`.",
    412: "`stale_version`: changed since it was read; the row as it is now is in `current`.",
    413: "`too_large`: over 1 MiB.",
    415: "`unsupported_media_type`: send application/json.",
    422: "`validation_failed` with `errors` by field, or what is wrong with a connection string.",
    429: "`rate_limited`; `Retry-After` says for how many seconds.",
    503: "The database did not answer: `database_unreachable`, `database_timeout`, "
    "`database_busy`, `result_too_large`, with the reason as `cause`.",
}
_ANY: Final = (401, 403, 409, 503)


def query(name: str, schema: dict[str, Any], words: str = "") -> dict[str, Any]:
    """A parameter of the address."""
    described = {"description": words} if words else {}
    return {"name": name, "in": "query", "schema": schema} | described


def json_of(reference: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": reference}}}


def answered(words: str, properties: dict[str, Any]) -> dict[str, Any]:
    """A good answer: an object that has these."""
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def answers(good: dict[str, Any], *bad: int) -> dict[str, Any]:
    """The answers of a call: the good one, these bad ones, and those any call may give."""
    statuses = sorted({*bad, *_ANY})
    return good | {str(each): {"$ref": f"#/components/responses/{each}"} for each in statuses}


def _only(good: dict[str, Any], *bad: int) -> dict[str, Any]:
    return good | {str(each): {"$ref": f"#/components/responses/{each}"} for each in bad}


def _body(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(required)}
    return {"required": True, "content": {"application/json": {"schema": schema}}}


_TEXT: Final = {"type": "string"}
_OPTIONAL: Final = {"type": ["string", "null"]}
_YES_OR_NO: Final = {"type": "boolean", "default": False}
_MOMENT: Final = {"type": ["string", "null"], "format": "date-time"}
_COUNT: Final = {"type": "integer"}
_CONNECTION: Final = {"$ref": "#/components/schemas/Connection"}
_TABLES: Final = {
    "description": "What is there, what is missing, and the SQL that completes it.",
    "content": json_of("#/components/schemas/Tables"),
}

RESPONSES: Final = {
    str(status): {
        "description": words,
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    for status, words in _MEANINGS.items()
}

SCHEMAS: Final[dict[str, Any]] = {
    "Problem": {
        "type": "object",
        "description": "RFC 9457.",
        "properties": {
            "type": _TEXT,
            "title": _TEXT,
            "status": _COUNT,
            "detail": _TEXT,
            "code": _TEXT,
            "cause": _TEXT,
            "remedy": _TEXT,
            "state": _TEXT,
            "errors": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": _TEXT},
            },
            "current": {"type": "object"},
        },
        "required": ["type", "title", "status", "detail", "code"],
    },
    "Connection": {
        "type": "object",
        "description": "A database as it is shown: never its password, never the string.",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "name": _TEXT,
            "host": _TEXT,
            "port": _COUNT,
            "database": _TEXT,
            "user": _TEXT,
            "provider": _OPTIONAL,
            "tls": {"type": "string", "enum": ["verified", "encrypted", "plain"]},
            "server_version": _TEXT,
            "schema_version": {"type": ["integer", "null"]},
            "verified_at": _MOMENT,
        },
    },
    "Tables": {
        "type": "object",
        "properties": {
            "state": {"type": "string", "enum": list(get_args(State))},
            "version": {"type": ["integer", "null"]},
            "latest": _COUNT,
            "problems": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"table": _TEXT, "column": _TEXT, "problem": _TEXT},
                    "required": ["table", "problem"],
                },
            },
            "sql": _TEXT,
        },
        "required": ["state", "version", "latest", "problems", "sql"],
    },
}

_TOKEN: Final = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "name": _TEXT,
        "read_only": {"type": "boolean"},
        "created_at": {"type": "string", "format": "date-time"},
        "expires_at": _MOMENT,
        "last_used_at": _MOMENT,
        "is_current": {"type": "boolean", "description": "Whether this token asks."},
    },
    "required": [
        *("id", "name", "read_only", "created_at", "expires_at", "last_used_at", "is_current"),
    ],
}
_ACCOUNT: Final = {"tags": ["Account"]}
_DATABASE: Final = {"tags": ["Database"]}
_ITSELF: Final = {"tags": ["This description"], "security": []}

PATHS: Final[dict[str, dict[str, Any]]] = {
    "/api/auth/token": {
        "post": _ACCOUNT
        | {
            "summary": "Make a token",
            "operationId": "create_token",
            "description": "Proves itself by its body alone. The token is shown this once.",
            "security": [],
            "requestBody": _body(
                {
                    "email": _TEXT,
                    "password": _TEXT,
                    "code": {"type": "string", "description": "Where two-factor is on."},
                    "name": _TEXT,
                    "read_only": _YES_OR_NO,
                    "expires_days": {"type": ["integer", "null"], "minimum": 1, "maximum": 3650},
                },
                "email",
                "password",
            ),
            "responses": _only(
                {
                    "201": answered(
                        "The token.",
                        {"token": _TEXT, "token_id": _TEXT, "expires_at": _MOMENT},
                    )
                },
                *(400, 401, 415, 422, 429),
            ),
        }
    },
    "/api/tokens": {
        "get": _ACCOUNT
        | {
            "summary": "List your tokens",
            "operationId": "list_tokens",
            "description": "Newest first; never their text.",
            "responses": _only(
                {
                    "200": answered(
                        "The tokens.",
                        {"tokens": {"type": "array", "items": _TOKEN}},
                    )
                },
                401,
            ),
        }
    },
    "/api/tokens/{token_id}": {
        "parameters": [
            {
                "name": "token_id",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "format": "uuid"},
            }
        ],
        "delete": _ACCOUNT
        | {
            "summary": "Revoke a token",
            "operationId": "revoke_token",
            "description": "It is refused from the next request on. A token that may write may "
            "revoke itself; one that may only read revokes none.",
            "responses": _only({"204": {"description": "It is revoked."}}, 401, 403, 404),
        },
    },
    "/api/user": {
        "get": _ACCOUNT
        | {
            "summary": "Who is asking",
            "operationId": "get_user",
            "responses": _only(
                {
                    "200": answered(
                        "The person.",
                        {
                            "user": {
                                "type": "object",
                                "properties": {
                                    "id": _TEXT,
                                    "email": _TEXT,
                                    "name": _TEXT,
                                    "two_factor": {"type": "boolean"},
                                },
                            }
                        },
                    )
                },
                401,
            ),
        }
    },
    "/api/user/database-connection": {
        "get": _DATABASE
        | {
            "summary": "What is connected",
            "operationId": "get_connection",
            "responses": _only(
                {
                    "200": answered(
                        "The connection in use.",
                        {
                            "connected": {"type": "boolean"},
                            "connection": {"oneOf": [_CONNECTION, {"type": "null"}]},
                        },
                    )
                },
                401,
            ),
        },
        "post": _DATABASE
        | {
            "summary": "Connect a database",
            "operationId": "connect",
            "description": (
                "Tests the string, then keeps it sealed; a failed test keeps nothing. Replacing a "
                "connection needs `password` and `code` where two-factor is on."
            ),
            "requestBody": _body(
                {
                    "connectionString": {"type": "string", "maxLength": 2048},
                    "connection_string": {"type": "string", "description": "The same."},
                    "ca_certificate": {"type": ["string", "null"], "description": "PEM."},
                    "allow_md5": _YES_OR_NO,
                    "workspace": {
                        "type": "string",
                        "default": "new",
                        "description": "`new`, or the owner_id of a workspace found there.",
                    },
                    "password": _TEXT,
                    "code": _TEXT,
                }
            ),
            "responses": _only(
                {
                    "200": answered(
                        "It is connected; the workspaces found there that nobody else holds.",
                        {
                            "success": {"const": True},
                            "connection": _CONNECTION,
                            "workspaces": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "properties": {
                                        "owner_id": _TEXT,
                                        "name": _TEXT,
                                        "projects": _COUNT,
                                        "tasks": _COUNT,
                                        "last_change": _OPTIONAL,
                                    },
                                },
                            },
                        },
                    )
                },
                *(400, 401, 403, 415, 422, 429),
            ),
        },
        "delete": _DATABASE
        | {
            "summary": "Forget the connection string",
            "operationId": "disconnect",
            "description": "Touches nothing in the database.",
            "responses": _only({"204": {"description": "Forgotten."}}, 401, 403, 409),
        },
    },
    "/api/user/database-connection/schema": {
        "get": _DATABASE
        | {
            "summary": "Look at the tables",
            "operationId": "get_schema",
            "responses": answers({"200": _TABLES}),
        },
        "post": _DATABASE
        | {
            "summary": "Make what is missing, in one transaction",
            "operationId": "apply_schema",
            "responses": answers({"200": _TABLES}),
        },
    },
    "/api/openapi.json": {
        "get": _ITSELF
        | {
            "summary": "This description, as OpenAPI 3.1",
            "operationId": "get_openapi",
            "responses": {"200": {"description": "JSON."}},
        }
    },
    "/api/docs": {
        "get": _ITSELF
        | {
            "summary": "This description, as a page",
            "operationId": "get_docs",
            "responses": {"200": {"description": "HTML."}},
        }
    },
}
