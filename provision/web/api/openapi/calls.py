"""The calls about accounts, databases and this description, declared as data."""

from __future__ import annotations

from typing import Final

from provision.web.api.openapi import problems, shapes
from provision.web.api.openapi.call import Call, Good
from provision.web.api.openapi.headers import parameter

_ACCOUNT: Final = "Account"
_DATABASE: Final = "Database"
_WORKSPACE: Final = "Workspaces"
_ITSELF: Final = "This description"
TAGS: Final = {
    _ACCOUNT: "Who is asking, and the tokens that programs ask with.",
    _DATABASE: "The person's own PostgreSQL, and the tables in it.",
    _WORKSPACE: "What the person may enter: one for each database, or several in one.",
    _ITSELF: "What you are reading, for programs and for people.",
}
_CONNECTION: Final = "/api/user/database-connection"
_WORKSPACES: Final = "/api/workspaces"

CALLS: Final = (
    Call(
        method="POST",
        path="/api/auth/token",
        name="create_token",
        tag=_ACCOUNT,
        summary="Create a token",
        words="Needs no header: the body proves who is asking. The token is answered this once.",
        access="body",
        body=shapes.reference(shapes.NewToken),
        good=Good(status=201, words="The new token.", schema=shapes.reference(shapes.MadeToken)),
        bad=(problems.BAD_CREDENTIALS, problems.RATE_LIMITED),
    ),
    Call(
        method="GET",
        path="/api/tokens",
        name="list_tokens",
        tag=_ACCOUNT,
        summary="List the tokens",
        words="The person's tokens, newest first, also those that ended within 90 days.",
        good=Good(words="The tokens.", schema=shapes.reference(shapes.Tokens)),
    ),
    Call(
        method="DELETE",
        path="/api/tokens/{id}",
        name="revoke_token",
        tag=_ACCOUNT,
        summary="Revoke a token",
        words="It is refused from the next request on. A token that may write may revoke itself.",
        parameters=(parameter("Id"),),
        good=Good(status=204, words="It is revoked."),
        bad=(problems.NOT_FOUND,),
    ),
    Call(
        method="GET",
        path="/api/user",
        name="get_user",
        tag=_ACCOUNT,
        summary="Read who is asking",
        words="The account that the token or the session belongs to.",
        good=Good(words="The person.", schema=shapes.reference(shapes.UserAnswer)),
    ),
    Call(
        method="PATCH",
        path="/api/user",
        name="change_user",
        tag=_ACCOUNT,
        summary="Change who is asking",
        words="The name, the time zone and the formats; what is not sent stays.",
        body=shapes.reference(shapes.ChangedUser),
        good=Good(words="The person.", schema=shapes.reference(shapes.UserAnswer)),
    ),
    Call(
        method="GET",
        path=_CONNECTION,
        name="get_connection",
        tag=_DATABASE,
        summary="Read what is connected",
        words="Never holds the password or the connection string. The database is not asked.",
        good=Good(
            words="The connection in use, or null.",
            schema=shapes.reference(shapes.ConnectionAnswer),
        ),
    ),
    Call(
        method="POST",
        path=_CONNECTION,
        name="connect_database",
        tag=_DATABASE,
        summary="Connect a database",
        words="Tests the connection string, then keeps it encrypted; if the test fails, nothing "
        "is kept. Replacing a connection needs `password` and `code` where two-factor is on.",
        body={
            "anyOf": [
                shapes.reference(shapes.NewConnection),
                shapes.reference(shapes.NewConnectionInSnakeCase),
            ]
        },
        good=Good(
            words="It is connected. `workspaces` are those found there that no other account "
            "here holds.",
            schema=shapes.reference(shapes.Connected),
        ),
        bad=(
            problems.NOT_CONFIRMED,
            problems.NOT_SET_UP,
            problems.BAD_CONNECTION,
            problems.RATE_LIMITED,
        ),
    ),
    Call(
        method="DELETE",
        path=_CONNECTION,
        name="disconnect_database",
        tag=_DATABASE,
        summary="Forget the connection string",
        words="Changes nothing in the database.",
        good=Good(status=204, words="It is forgotten."),
        bad=(problems.NOT_SET_UP,),
    ),
    Call(
        method="GET",
        path=f"{_CONNECTION}/schema",
        name="get_schema",
        tag=_DATABASE,
        summary="Look at the tables",
        words="Compares the tables in the database with those needed, and changes nothing.",
        good=Good(
            words="What is there, what is missing, and the SQL that completes it.",
            schema=shapes.reference(shapes.Tables),
        ),
        reaches_database=True,
    ),
    Call(
        method="POST",
        path=f"{_CONNECTION}/schema",
        name="apply_schema",
        tag=_DATABASE,
        summary="Create the tables that are missing",
        words="In one transaction; what is there already stays as it is.",
        body=shapes.reference(shapes.Nothing),
        body_is_needed=False,
        good=Good(words="The tables as they are now.", schema=shapes.reference(shapes.Tables)),
        reaches_database=True,
        bad=(problems.SCHEMA_CONFLICT,),
    ),
    Call(
        method="GET",
        path=_WORKSPACES,
        name="list_workspaces",
        tag=_WORKSPACE,
        summary="List the workspaces",
        words="Those that the person may enter, the one opened last first. Every address of this "
        "description also stands behind `/w/{id}` and is then about that workspace.",
        good=Good(words="The workspaces.", schema=shapes.reference(shapes.Workspaces)),
    ),
    Call(
        method="POST",
        path=_WORKSPACES,
        name="add_workspace",
        tag=_WORKSPACE,
        summary="Connect one more database",
        words="As connecting a database, but what is connected already stays.",
        body={
            "anyOf": [
                shapes.reference(shapes.NewWorkspace),
                shapes.reference(shapes.NewWorkspaceInSnakeCase),
            ]
        },
        good=Good(
            status=201, words="It is connected.", schema=shapes.reference(shapes.AddedWorkspace)
        ),
        bad=(problems.NOT_CONFIRMED, problems.BAD_CONNECTION, problems.RATE_LIMITED),
    ),
    Call(
        method="PATCH",
        path=f"{_WORKSPACES}/{{id}}",
        name="change_workspace",
        tag=_WORKSPACE,
        summary="Rename a workspace",
        words="In its own database, and here.",
        parameters=(parameter("Id"),),
        body=shapes.reference(shapes.ChangedWorkspace),
        good=Good(words="The workspace.", schema=shapes.reference(shapes.WorkspaceAnswer)),
        reaches_database=True,
        bad=(problems.NOT_FOUND,),
    ),
    Call(
        method="DELETE",
        path=f"{_WORKSPACES}/{{id}}",
        name="forget_workspace",
        tag=_WORKSPACE,
        summary="Forget a workspace",
        words="Forgets the connection string and who may enter here; changes nothing in the "
        "database. Needs the password, and a code where two-factor is on.",
        parameters=(parameter("Id"),),
        body=shapes.reference(shapes.Confirmation),
        good=Good(status=204, words="It is forgotten."),
        bad=(
            problems.NOT_CONFIRMED,
            problems.NOT_FOUND,
            problems.INVALID,
            problems.RATE_LIMITED,
        ),
    ),
    Call(
        method="GET",
        path="/api/openapi.json",
        name="get_openapi",
        tag=_ITSELF,
        summary="Read this description as OpenAPI 3.1",
        words="For programs that generate clients, and for tests.",
        access="anybody",
        good=Good(words="An OpenAPI document.", schema={"type": "object"}),
    ),
    Call(
        method="GET",
        path="/api/docs",
        name="get_docs",
        tag=_ITSELF,
        summary="Read this description as a page",
        words="For people.",
        access="anybody",
        good=Good(words="A page.", schema={"type": "string"}, content_type="text/html"),
    ),
)
