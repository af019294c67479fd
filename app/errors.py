"""When something is not right: a page in our words, a line in the log, and nothing about anybody in either."""

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
from werkzeug.wrappers import Response as Answer

from app.access import ReasonRequired, RecentLoginRequired
from app.db import SAFE_METHODS, db
from app.redirects import previous_page
from directory.errors import Conflict, DomainError, Invalid, Refused
from directory.log import stack_locations

log = structlog.get_logger("app")
STATUS = {Invalid: 422, Conflict: 409, Refused: 403}


class Site(Flask):
    """A Flask app whose log says where a failure happened, not whom it happened to."""

    def log_exception(
        self, exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None] | Any
    ) -> None:
        """Kind and places only: messages of exceptions carry what people wrote."""
        kind, _error, trace = exc_info
        passed = list(stack_locations(trace))
        log.error("failed", kind=kind.__name__ if kind else "", places=passed, endpoint=request.endpoint)


def status_of(error: DomainError) -> int:
    """422 for wrong input, 409 where things moved on, 403 where this person may not."""
    return STATUS[type(error)]


def init_errors(app: Flask) -> None:
    """A request id on every line of the log and every answer, and pages for what goes wrong."""

    @app.before_request
    def begin() -> None:
        g.request_id, g.began = uuid4().hex[:12], time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=g.request_id)

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "")
        took = round(1000 * (time.perf_counter() - g.get("began", time.perf_counter())))
        if request.endpoint != "static":
            log.info("answered", method=request.method, endpoint=request.endpoint, status=response.status_code, ms=took)
        return response

    @app.errorhandler(DomainError)
    def refused(error: DomainError) -> Response:
        return _page(status_of(error), error.message)

    @app.errorhandler(CSRFError)
    def stale(error: CSRFError) -> Response:
        return _page(400, _("This form is too old to be sent. Go back, load the page again, and send it once more."))

    @app.errorhandler(401)
    def sign_in(error: HTTPException) -> Answer:
        back = request.full_path.rstrip("?") if request.method in SAFE_METHODS else "/"
        target = app.url_for("sign_in.sign_in", next=None if back == "/" else back)
        if request.headers.get("HX-Request"):
            return Response(status=401, headers={"HX-Redirect": app.url_for("sign_in.sign_in")})
        return redirect(target, 303)

    @app.errorhandler(RecentLoginRequired)
    def prove(error: RecentLoginRequired) -> Answer:
        back = request.full_path.rstrip("?") if request.method in SAFE_METHODS else previous_page()
        target = app.url_for("sign_in.prove", next=back)
        if request.headers.get("HX-Request"):
            return Response(status=403, headers={"HX-Redirect": target})
        return redirect(target, 303)

    @app.errorhandler(ReasonRequired)
    def say_why(error: ReasonRequired) -> Response:
        db.session.rollback()
        typed = [
            (name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", "reason")
        ]
        page = render_template(
            "errors/reason.html", typed=typed, reason=request.form.get("reason", ""), back=previous_page()
        )
        return make_response(page, 422)

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Answer:
        status = error.code or 500
        if status < 400:
            return error.get_response()
        return _page(status, _sentence(status), error if isinstance(error, InternalServerError) else None)


def _sentence(status: int) -> str:
    larger = {"profile.photo": _("twelve megabytes"), "imports.send": _("five megabytes")}
    most = larger.get(request.endpoint or "") or _("half a megabyte")
    sentences: dict[int, str] = {
        403: _("You can look at this, but not change it."),
        404: _("There is nothing here, or nothing that is yours to see."),
        405: _("This address does not take what was sent to it."),
        413: _("That is too large. Go back and send something of at most %(most)s.", most=most),
        429: _("That was too often in a short while. Try again in a quarter of an hour."),
        500: _("Something went wrong on our side. Nothing you wrote was saved; try again in a moment."),
    }
    return sentences.get(status) or str(_("This could not be done. Go back and try again."))


def _page(status: int, sentence: str, failure: HTTPException | None = None) -> Response:
    """The page of an error; the part of it where htmx asked. The request's transaction ends without effect."""
    db.session.rollback()
    name = "errors/_error.html" if request.headers.get("HX-Request") else "errors/error.html"
    number = g.get("request_id", "") if failure else ""
    back = previous_page() if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else "/"
    page = render_template(name, sentence=sentence, status=HTTPStatus(status), number=number, back=back)
    return make_response(page, status)
