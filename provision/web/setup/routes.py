"""The wizard at `/auth/setup-database`: information, connection, schema, success.

Where a person is follows from what is stored (has a string, is connected, tables are ready), so
that a reload or another device goes on there. Earlier steps stay open under their own address.
"""

from __future__ import annotations

from flask import Blueprint, Response, make_response, request, url_for

from provision.control.accounts import users
from provision.tenant.host.providers import cards
from provision.tenant.schema.state import LATEST, create_sql
from provision.web.answer.partials import leave_for, respond
from provision.web.request import session, workspace
from provision.web.request.services import services
from provision.web.setup import connection as setup_connection
from provision.web.setup import schema as setup_schema
from provision.web.setup.connection import TypedConnection, typed_fields
from provision.web.setup.schema import Complaint

bp = Blueprint("setup", __name__, url_prefix="/auth/setup-database")


@bp.get("")
@bp.post("")
def step() -> Response:
    """Show the step where this person is; POST says that they now have a connection string."""
    if request.method == "POST":
        if session.person().setup_step == users.FIRST_SETUP_STEP:
            users.set_setup_step(services().store, session.person().id, "connection")
        return leave_for(url_for(".connection"))
    connection = session.connection_or_none()
    if "provider" in request.args or request.args.get("step") == "information":
        return _show_information()
    if connection is None:
        begun = session.person().setup_step != users.FIRST_SETUP_STEP
        return setup_connection.show(TypedConnection()) if begun else _show_information()
    if connection.schema_version == LATEST:
        return respond(
            "setup/success.html", "success_step", step="success", sealed=True, connection=connection
        )
    return setup_schema.show(connection)


@bp.get("/connection")
@bp.post("/connection")
def connection() -> Response:
    """Test what was pasted for real; keep it only when every check has passed."""
    if request.method == "GET":
        return setup_connection.show(TypedConnection())
    if "built_in" in request.form:
        return setup_connection.take_built_in()
    return setup_connection.take(typed_fields())


@bp.get("/connection/progress")
def progress() -> Response:
    """Show the rows of this person's running test; 204 if none runs in this process."""
    return setup_connection.show_progress()


@bp.post("/connection/read")
def read_string() -> Response:
    """Show how the pasted text is read so far. Connects to nothing and keeps nothing."""
    typed = typed_fields(adding="adding" in request.form)
    return setup_connection.show(typed, block="reading")


@bp.get("/schema")
@bp.post("/schema")
def schema() -> Response:
    """Make the tables, or look whether the person has made them."""
    connection = session.connection_or_none()
    if connection is None:
        return leave_for(url_for(".step"))
    if request.method == "GET":
        return setup_schema.show(connection)
    action = request.form.get("action")
    if action == "apply":
        return setup_schema.apply(connection)
    if action == "verify":
        return setup_schema.show(connection, asked=True)
    return setup_schema.show(connection, Complaint(422, "Choose one of the two buttons."))


@bp.get("/schema.sql")
def sql() -> Response:
    """Answer with the SQL of the schema step; with all of it if no database is connected."""
    connection = session.connection_or_none()
    text = workspace.look(connection).sql if connection else ""
    response = make_response(text or create_sql())
    response.content_type = "text/plain; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="provision.sql"'
    return response


def _show_information() -> Response:
    offered = cards(demo=services().make_built_in is not None)
    keys = {card.key for card in offered}
    wanted = request.args.get("provider", "")
    recommended = next(card.key for card in offered if card.recommended)
    return respond(
        "setup/information.html",
        "information_step",
        step="information",
        sealed=session.connection_or_none() is not None,
        cards=offered,
        chosen=wanted if wanted in keys else recommended,
    )
