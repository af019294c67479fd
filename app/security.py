"""Security headers, size limits of request bodies, the Origin check and CSRF protection of all views."""

from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from flask import Flask, Response, abort, request, session
from flask_wtf import CSRFProtect
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.middleware.proxy_fix import ProxyFix

from app.db import SAFE_METHODS
from directory.imports.table_reader import LIST
from directory.people.photo import MAX_BYTES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LARGEST_BODY = 500_000  # bytes; two pages take more, and the form around it
LARGER_BODIES = {"imports.send": LIST.bytes + 10_000, "profile.photo": MAX_BYTES + 10_000}

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # Bootstrap's check marks are data URLs
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def _behind_proxy(wsgi_app: "WSGIApplication", base: SplitResult) -> "WSGIApplication":
    """Take who asks from the proxy, and the site's own address from its base URL, whatever the request says."""
    fixed = ProxyFix(wsgi_app, x_for=1, x_proto=0, x_host=0)

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        environ.update({"HTTP_HOST": base.netloc, "wsgi.url_scheme": base.scheme})
        return fixed(environ, start_response)

    return answer


def init_security(app: Flask) -> None:
    """Set headers and body limits, and check two independent proofs that a form is ours: Origin and CSRF token."""
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)  # a token is valid as long as its session
    base = urlsplit(app.config["BASE_URL"])
    https = base.scheme == "https"
    if https:  # the server listens on loopback only, so every request came through our own proxy
        app.wsgi_app = _behind_proxy(app.wsgi_app, base)  # type: ignore[assignment, method-assign]

    @app.before_request
    def set_body_limit() -> None:
        """Set the body limit of this endpoint before anything reads the form; refuse a body above it with 413.

        Werkzeug cuts a body that comes in chunks at the limit, so it is read here.
        """
        limit = LARGER_BODIES.get(request.endpoint or "", LARGEST_BODY)
        request.max_content_length = request.max_form_memory_size = limit
        if request.environ.get("wsgi.input_terminated") and request.content_length is None:
            body = request.environ["wsgi.input"].read(limit + 1)
            if len(body) > limit:
                abort(413)
            request.environ["wsgi.input"] = BytesIO(body)

    @app.before_request
    def ignore_form_of_safe_methods() -> None:
        """Let a GET or HEAD with a body act no more than one without."""
        if request.method in SAFE_METHODS:
            request.form = ImmutableMultiDict()

    @app.before_request
    def check_origin() -> None:
        origin = request.headers.get("Origin")
        allowed = {f"{base.scheme}://{base.netloc}", request.host_url.rstrip("/")}
        if request.method not in SAFE_METHODS and origin is not None and origin not in allowed:
            abort(403)

    # Mail programs post to this view on behalf of the reader; the signed link is the proof (RFC 8058).
    CSRFProtect(app).exempt("app.pages.mail_preferences.unsubscribe")

    @app.after_request
    def set_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if https:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if session:
            response.headers.setdefault("Cache-Control", "private, no-store")
        if request.endpoint != "static":
            response.vary.add("HX-Request")
        return response


def local_path(target: str | None) -> str:
    """Return ``target`` if it is a path of this site, else ``"/"``; never a URL of another host.

    >>> [local_path(target) for target in ("/leads?x=1", "//evil.example", "/\\\\evil.example", "https://evil.example")]
    ['/leads?x=1', '/', '/', '/']
    """
    is_path = target and target.startswith("/") and not target.startswith("//")
    return target if target and is_path and target.isprintable() and "\\" not in target else "/"
