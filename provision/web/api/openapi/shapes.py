"""What the calls about accounts and databases take and answer, as types.

`schemas` writes them as JSON Schema. A member that need not be sent is UNSET by default, so that
the description holds no default that a client would send on its own.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from provision.control.accounts.formats import (
    DateFormat,  # noqa: TC001
    NumberFormat,  # noqa: TC001
    WeekStart,  # noqa: TC001
)
from provision.control.workspaces.roles import Role  # noqa: TC001
from provision.tenant.schema.state import State  # noqa: TC001
from provision.tls import Level  # noqa: TC001  # msgspec reads it at run time
from provision.web.api.openapi import fields

REFERENCE: Final = "#/components/schemas/{name}"

Id = Annotated[str, Meta(extra_json_schema=fields.ID)]
Moment = Annotated[str, Meta(extra_json_schema=fields.MOMENT)]
Line = Annotated[str, Meta(max_length=200, pattern=fields.ONE_LINE)]
NamedLine = Annotated[str, Meta(min_length=1, max_length=200, pattern=fields.SOME_LINE)]
Typed = Annotated[str, Meta(min_length=1)]
Code = Annotated[
    str | UnsetType | None,
    Meta(description="Six digits, or a recovery code, where two-factor is on."),
]
Days = Annotated[int, Meta(ge=1, le=3650)]


class User(Struct):
    """A person's account."""

    id: Id
    email: str
    name: str
    two_factor: Annotated[bool, Meta(description="Whether signing in needs a code, too.")]
    time_zone: Annotated[
        str, Meta(description="An IANA name; the server's own where none was chosen.")
    ]
    week_start: WeekStart
    date_format: DateFormat
    number_format: NumberFormat


class ChangedUser(Struct, forbid_unknown_fields=True):
    """What to change of an account; what is not sent stays."""

    name: NamedLine | UnsetType = UNSET
    time_zone: Annotated[str | UnsetType, Meta(description="An IANA name.")] = UNSET
    week_start: WeekStart | UnsetType = UNSET
    date_format: DateFormat | UnsetType = UNSET
    number_format: NumberFormat | UnsetType = UNSET


class UserAnswer(Struct):
    """Who is asking."""

    user: User


class NewToken(Struct, forbid_unknown_fields=True):
    """Who asks for a token, and what it may do."""

    email: Typed
    password: Typed
    code: Code = UNSET
    name: Annotated[
        Line | UnsetType | None, Meta(description="What it is listed as; `API` where none is sent.")
    ] = UNSET
    read_only: Annotated[
        bool | UnsetType, Meta(description="True for a token that can change nothing.")
    ] = UNSET
    expires_days: Annotated[
        Days | UnsetType | None,
        Meta(description="Days until it ends; it does not end where none are sent."),
    ] = UNSET
    workspace: Annotated[
        Id | UnsetType | None,
        Meta(
            description="The one workspace that it reaches; where none is sent, all that the "
            "person may enter."
        ),
    ] = UNSET


class MadeToken(Struct):
    """A new token. Its text is answered this once and kept nowhere."""

    token: Annotated[str, Meta(pattern="^pvn_[0-9a-f]{72}$")]
    token_id: Id
    expires_at: Moment | None


class Token(Struct):
    """A token as it is listed, without its text."""

    id: Id
    name: str
    read_only: bool
    created_at: Moment
    expires_at: Moment | None
    last_used_at: Moment | None
    is_current: Annotated[bool, Meta(description="Whether this token is the one that asks.")]


class Tokens(Struct):
    """A person's tokens."""

    tokens: list[Token]


class Connection(Struct):
    """A connected database, without its password and its connection string."""

    id: Id
    name: str
    host: str
    port: Annotated[int, Meta(ge=1, le=65535)]
    database: str
    user: str
    provider: Annotated[str | None, Meta(description="Where it is hosted, as far as recognised.")]
    tls: Annotated[
        Level,
        Meta(
            description="`verified`: encrypted, and the server's certificate was checked; "
            "`encrypted`: without that check; `plain`: not encrypted."
        ),
    ]
    server_version: str
    schema_version: Annotated[
        int | None, Meta(description="Of the tables; null until they were seen to be ready.")
    ]
    verified_at: Moment | None


class ConnectionAnswer(Struct):
    """Whether a database is connected, and which."""

    connected: bool
    connection: Connection | None


_Workspace = Annotated[
    str, Meta(pattern="^(new|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})?$")
]


class _Connecting(Struct, forbid_unknown_fields=True, kw_only=True):
    ca_certificate: Annotated[
        str | UnsetType | None,
        Meta(description="The authority that signed the server's certificate, as PEM."),
    ] = UNSET
    allow_md5: Annotated[
        bool | UnsetType,
        Meta(description="True to log in to a server that still asks for MD5."),
    ] = UNSET
    workspace: Annotated[
        _Workspace | UnsetType | None,
        Meta(
            description="`new`, as where none is sent, or the `owner_id` of a workspace that was "
            "found in that database."
        ),
    ] = UNSET
    password: Annotated[
        str | UnsetType | None,
        Meta(description="Of the account; needed to replace a connection with two-factor on."),
    ] = UNSET
    code: Code = UNSET


_ConnectionString = Annotated[str, Meta(max_length=2048)]
_Pasted = Annotated[
    _ConnectionString,
    Meta(
        description="What the provider's console shows: `postgresql://…`, a `psql` command line, "
        "lines of an `.env` file and others."
    ),
]


class NewConnection(_Connecting, kw_only=True):
    """A database to connect, as `connectionString`."""

    connectionString: _Pasted  # noqa: N815  # the name in JSON


class NewConnectionInSnakeCase(_Connecting, kw_only=True):
    """A database to connect, as `connection_string`."""

    connection_string: Annotated[
        _ConnectionString,
        Meta(description="The same as `connectionString`; exactly one of the two is sent."),
    ]


class NewWorkspace(NewConnection, kw_only=True):
    """A database to connect beside those that are, as `connectionString`."""

    name: Annotated[
        NamedLine | UnsetType | None,
        Meta(description="What a new workspace is called; the person's name where none is sent."),
    ] = UNSET


class NewWorkspaceInSnakeCase(NewConnectionInSnakeCase, kw_only=True):
    """A database to connect beside those that are, as `connection_string`."""

    name: NamedLine | UnsetType | None = UNSET


class Workspace(Struct):
    """A workspace that the person may enter; `connected` tells whether its string is kept here."""

    id: Id
    name: str
    role: Role
    members: Annotated[int, Meta(ge=1)]
    connected: bool
    is_current: bool


class Workspaces(Struct):
    """What the person may enter."""

    workspaces: list[Workspace]


class WorkspaceAnswer(Struct):
    """One workspace."""

    workspace: Workspace


class ChangedWorkspace(Struct, forbid_unknown_fields=True):
    """What to change of a workspace; what is not sent stays."""

    name: NamedLine | UnsetType = UNSET


class Confirmation(Struct, forbid_unknown_fields=True):
    """That it is the person."""

    password: Typed
    code: Code = UNSET


class FoundWorkspace(Struct):
    """A workspace found in the database, which no other account here holds."""

    owner_id: Id
    name: str
    projects: Annotated[int, Meta(ge=0)]
    tasks: Annotated[int, Meta(ge=0)]
    last_change: str | None


class Connected(Struct):
    """The database was tested and is connected."""

    success: Annotated[bool, Meta(extra_json_schema={"const": True})]
    connection: Connection
    workspaces: list[FoundWorkspace]


class AddedWorkspace(Struct):
    """The database was tested, and is connected beside the others."""

    workspace: Workspace
    connection: Connection
    workspaces: list[FoundWorkspace]


class TableProblem(Struct):
    """What is wrong with a table or a column."""

    table: str
    problem: str
    column: str | UnsetType = UNSET


class Tables(Struct):
    """The tables in the person's database, and the SQL that completes them."""

    state: Annotated[
        State,
        Meta(
            description="`missing`: none of ours; `partial`: some are there; `outdated`: a "
            "complete earlier version; `conflict`: a table of another shape; `ready`."
        ),
    ]
    version: int | None
    latest: int
    problems: list[TableProblem]
    sql: str


class Nothing(Struct, forbid_unknown_fields=True):
    """An empty object."""


_ALL: Final = (
    *(UserAnswer, ChangedUser, NewToken, MadeToken, Tokens, ConnectionAnswer, NewConnection),
    *(NewConnectionInSnakeCase, Connected, Tables, Nothing, Workspaces, WorkspaceAnswer),
    *(NewWorkspace, NewWorkspaceInSnakeCase, AddedWorkspace, ChangedWorkspace, Confirmation),
)


def reference(shape: type[Struct]) -> dict[str, str]:
    """Return a reference to `shape`."""
    return {"$ref": REFERENCE.format(name=shape.__name__)}


def schemas() -> dict[str, Any]:
    """Return every shape by its name."""
    _, found = msgspec.json.schema_components(_ALL, ref_template=REFERENCE)
    return found
