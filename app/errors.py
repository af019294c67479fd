"""Error pages, request ids and the request log. Neither pages nor log lines contain personal data."""

import time
from http import HTTPStatus
from types import TracebackType
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask, Response, g, make_response, redirect, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response as WerkzeugResponse

from app.access import ReasonRequired, RecentLoginRequired
from app.after_action import previous_page
from app.db import SAFE_METHODS, db
from app.row_relation import Principal
from directory.errors import Conflict, DomainError, Invalid, Refused
from directory.log import stack_locations
from directory.storage_failure import storage_failure

log = structlog.get_logger("app")
RETRY_AFTER = "60"  # seconds, after a storage failure
STATUS = {Invalid: 422, Conflict: 409, Refused: 403}


class Site(Flask):
    """A Flask app that logs the kind and the place of an exception, never its message."""

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None] | Any
    ) -> None:
        """Log the kind and the stack locations: messages of exceptions may contain what people wrote."""
        kind, _error, trace = exc_info
        name, places = kind.__name__ if kind else "", stack_locations(trace)
        log.error("request_failed", kind=name, places=places, endpoint=request.endpoint)


def init_errors(app: Flask) -> None:
    """Put a request id on every log line and response, and register the error handlers."""

    @app.before_request
    def start_request() -> None:
        g.request_id, g.began = uuid4().hex[:12], time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=g.request_id)

    @app.after_request
    def log_request(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        ms = round(1000 * (time.perf_counter() - g.get("began", time.perf_counter())))
        if request.endpoint != "static":
            log.info("request", method=request.method, endpoint=request.endpoint, status=response.status_code, ms=ms)
        return response

    @app.errorhandler(DomainError)
    def show_domain_error(error: DomainError) -> Response:
        return _error_page(STATUS[type(error)], error.message)

    @app.errorhandler(CSRFError)
    def show_stale_form(error: CSRFError) -> Response:
        return _error_page(400, _("This form is too old to send. Go back, reload the page, and send it again."))

    @app.errorhandler(401)
    def redirect_to_sign_in(error: HTTPException) -> WerkzeugResponse:
        back = request.full_path.rstrip("?") if request.method in SAFE_METHODS else "/"
        target = app.url_for("sign_in.sign_in", next=None if back == "/" else back)
        if request.headers.get("HX-Request"):
            return Response(status=401, headers={"HX-Redirect": app.url_for("sign_in.sign_in")})
        return redirect(target, 303)

    @app.errorhandler(RecentLoginRequired)
    def redirect_to_proof(error: RecentLoginRequired) -> WerkzeugResponse:
        back = request.full_path.rstrip("?") if request.method in SAFE_METHODS else previous_page()
        target = app.url_for("sign_in.prove", next=back)
        if request.headers.get("HX-Request"):
            return Response(status=403, headers={"HX-Redirect": target})
        return redirect(target, 303)

    @app.errorhandler(ReasonRequired)
    def ask_for_reason(error: ReasonRequired) -> Response:
        db.session.rollback()
        typed = [
            (name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", "reason")
        ]
        page = render_template(
            "errors/reason.html", typed=typed, reason=request.form.get("reason", ""), back=previous_page()
        )
        return make_response(page, 422)

    @app.errorhandler(HTTPException)
    def show_http_error(error: HTTPException) -> WerkzeugResponse:
        status = error.code or 500
        if status < 400:
            return error.get_response()
        failure = error if isinstance(error, InternalServerError) else None
        if failure and (storage := storage_failure(failure.original_exception)):
            g.account, g.principal = None, Principal()  # nobody is looked up in a database that may not answer
            response = _error_page(*storage, failure)
            response.headers["Retry-After"] = RETRY_AFTER
            return response
        return _error_page(status, _message_for(status), failure)


def _message_for(status: int) -> str:
    larger_limits = {"profile.photo": _("12 MB"), "imports.send": _("20 MB")}
    limit = larger_limits.get(request.endpoint or "") or _("half a megabyte")
    messages: dict[int, str] = {
        403: _("You can look at this, but not change it."),
        404: _("There is nothing here, or nothing you can see."),
        405: _("This page cannot take what was sent to it."),
        413: _("That is too large. Go back and send at most %(most)s.", most=limit),
        429: _("That was too many tries. Wait 15 minutes and try again."),
        500: _("Something went wrong on our side. Nothing you wrote was saved. Try again in a moment."),
    }
    return messages.get(status) or str(_("That did not work. Go back and try again."))


def _error_page(status: int, message: str, failure: HTTPException | None = None) -> Response:
    """Roll back, and return the error page, or its htmx part; with the request id if there is a ``failure``."""
    db.session.rollback()
    template = "errors/_error.html" if request.headers.get("HX-Request") else "errors/error.html"
    number = g.get("request_id", "") if failure else ""
    back = previous_page() if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else "/"
    page = render_template(template, sentence=message, status=HTTPStatus(status), number=number, back=back)
    return make_response(page, status)
