"""Answer exceptions: one table of statuses and codes, for pages, fragments and JSON."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, flash, make_response, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from provision import errors
from provision.control.store.trouble import name_of as store_trouble
from provision.web.answer import htmx as hx
from provision.web.answer import typed
from provision.web.answer.htmx import htmx
from provision.web.answer.partials import leave_for, respond
from provision.web.answer.problem_details import ApiError, problem, title_of
from provision.web.answer.urls import is_api_request, present
from provision.web.request import session, workspace
from provision.web.request.sites import is_own_origin

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

_HTTP_CODES: Final[Mapping[int, str]] = {
    400: "bad_request",
    401: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "rate_limited",
}

_TABLE: Final[tuple[tuple[type[errors.ProvisionError], int, str], ...]] = (
    (errors.ValidationError, 422, "validation_failed"),
    (errors.RowRefusedError, 422, "validation_failed"),
    (errors.NotFoundError, 404, "not_found"),
    (errors.InvalidCursorError, 400, "invalid_cursor"),
    (errors.RateLimitedError, 429, "rate_limited"),
    (errors.EmailTakenError, 422, "validation_failed"),
    (errors.BadCredentialsError, 401, "invalid_credentials"),
    (errors.SignInOverError, 401, "invalid_credentials"),
    (errors.SecondFactorRejectedError, 401, "invalid_credentials"),
    (errors.SecondFactorUnreadableError, 401, "invalid_credentials"),
    (errors.RegistrationClosedError, 403, "registration_closed"),
    (errors.RoleRequiredError, 403, "role_required"),
    (errors.WorkspaceRequiredError, 409, "workspace_required"),
    (errors.ReauthenticationRequiredError, 403, "reauthentication_required"),
    (errors.NotConnectedError, 409, "database_not_configured"),
    (errors.ConnectionUnreadableError, 409, "connection_unreadable"),
    (errors.SchemaNotReadyError, 409, "schema_not_ready"),
    (errors.SchemaConflictError, 409, "schema_conflict"),
    (errors.StaleVersionError, 409, "edit_conflict"),
    (errors.TwoFactorSetupOverError, 422, "validation_failed"),
    (errors.VaultError, 503, "unavailable"),
)

_NEEDS_TABLES: Final = (errors.SchemaNotReadyError, errors.SchemaConflictError)


def install(app: Flask) -> None:
    """Register the handlers on `app`."""
    app.register_error_handler(errors.ProvisionError, _provision_error)
    app.register_error_handler(ApiError, _api_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SQLAlchemyError, _store_failed)
    app.register_error_handler(Exception, _unexpected)


def _provision_error(error: errors.ProvisionError) -> Response:
    if isinstance(error, errors.TenantError):
        return _tenant_error(error)
    if isinstance(error, errors.DatabaseError):
        return _answer(422, error.code, error.detail, remedy=error.remedy or None)
    if isinstance(error, errors.SchemaNotReadyError):
        workspace.remember_unready()
    if isinstance(error, errors.WorkspaceError) and not is_api_request():
        if request.method == "POST" and isinstance(error, _NEEDS_TABLES):
            flash("That was not done: your tables need what is shown here first.", "wrong")
        return leave_for(_wizard_step(error))
    for kind, status, code in _TABLE:
        if isinstance(error, kind):
            response = _answer(status, code, str(error), **_extra(error))
            if isinstance(error, errors.RateLimitedError):
                response.headers["Retry-After"] = str(error.retry_after_s)
            return response
    return _unexpected(error)


def _extra(error: errors.ProvisionError) -> dict[str, Any]:
    match error:
        case errors.ValidationError() | errors.ReauthenticationRequiredError():
            return {"errors": error.errors}
        case errors.EmailTakenError():
            return {"errors": {"email": [str(error)]}}
        case errors.RoleRequiredError():
            return {"role": error.role}
        case errors.SchemaNotReadyError():
            return {"state": error.state}
        case errors.SchemaConflictError():
            return {"problems": error.problems}
        case _:
            return {}


def _tenant_error(error: errors.TenantError) -> Response:
    workspace.note_failure()
    if error.at_once:
        # A line for each would fill the log. The server slows such a client (`server/fairness`).
        request.environ["provision.refused"] = True
    else:
        log.warning(
            "tenant database failed: problem=%s cause=%s sqlstate=%s connection=%s",
            error.problem,
            error.code,
            error.sqlstate,
            workspace.connection_id_or_none(),
        )
    response = _answer(
        503, error.problem, error.detail, cause=error.code, remedy=error.remedy or None
    )
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _api_error(error: ApiError) -> Response:
    return _answer(error.status, error.code, error.detail, **error.extra)


def _csrf_error(error: CSRFError) -> Response:
    # The reason Flask-WTF gives is written for developers.
    return _answer(
        403,
        "csrf_failed",
        "This form is too old, or it came from another site. Nothing was done. "
        "Load the page again and send it once more.",
    )


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    original = getattr(error, "original_exception", None)
    if original is not None:
        # Raised after the view, where Flask asks no handler for the error itself.
        is_stores = isinstance(original, SQLAlchemyError)
        return _store_failed(original) if is_stores else _unexpected(original)
    if status < 400:
        return make_response(error.get_response())
    detail = {
        404: "There is nothing at this address.",
        405: f"{request.method} is not possible at this address.",
        413: "A request may hold 1 MiB at most. Nothing was done with this one; a file that is "
        "longer can be split into several.",
    }.get(status, "The request could not be understood.")
    response = _answer(status, _HTTP_CODES.get(status, "bad_request"), detail)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(allowed)
    return response


def _store_failed(error: SQLAlchemyError) -> Response:
    """Answer an error of the control store: tenants' errors never come here untranslated.

    A store that is busy, full, damaged or away gets a 503; any other error is a fault of ours.
    """
    if store_trouble(error) is None:  # the store itself has told the log
        return _unexpected(error)
    response = _answer(
        503,
        "unavailable",
        "Provision's own store does not answer at the moment. Your database is not concerned.",
        remedy="Try again in a moment.",
    )
    response.headers["Retry-After"] = "5"
    return response


def _unexpected(error: Exception) -> Response:
    # The class alone: a message or a local variable may hold what must not be in a log.
    frames = error.__traceback__
    while frames and frames.tb_next:
        frames = frames.tb_next
    place = f"{frames.tb_frame.f_code.co_filename}:{frames.tb_lineno}" if frames else "unknown"
    log.error("unexpected %s at %s", type(error).__name__, place)
    return _answer(
        500,
        "internal_error",
        "This is a fault in Provision, not in what you did. Nothing more was changed.",
    )


def _answer(status: int, code: str, detail: str, **extra: Any) -> Response:
    if is_api_request():
        return problem(status, code, detail, **extra)
    remedy = extra.get("remedy") or ""
    response = respond(
        "error.html",
        "problem",
        status=status,
        title=title_of(status, code),
        status_code=status,
        detail=detail,
        remedy=remedy,
        code=extra.get("cause", code),
        again=present() or url_for("landing.page"),
        # A button must not do what another site has filled in.
        typed=typed.sent() if code != "csrf_failed" or is_own_origin(request.origin or "") else [],
        wizard=_connection_page(),
    )
    if htmx:
        # Beside the form, so that what was typed stays where it is.
        hx.retarget(response, "#problem-region")
    return response


def _connection_page() -> str:
    """Return the address of the person's connections, or of the wizard if they have none."""
    return url_for("settings.databases" if session.connection_or_none() else "setup.step")


def _wizard_step(error: errors.WorkspaceError) -> str:
    if isinstance(error, _NEEDS_TABLES):
        return url_for("setup.schema")
    if isinstance(error, errors.ConnectionUnreadableError):
        return url_for("setup.connection")
    return url_for("setup.step")
