"""The load limit: a process answers a few requests at once, a few wait a moment, and the rest are refused with 503."""

from collections.abc import Iterable
from threading import Lock, Semaphore
from time import monotonic
from typing import TYPE_CHECKING

from app.security import HEADERS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

AT_ONCE = 4  # requests: more only share the processor, fewer would let some slow uploads halt the rest
WAITING = 24  # requests that may wait for their turn, at most: the faces of a list are asked for all at once
EXPECTED_WAIT, LONGEST_WAIT = 0.2, 0.5  # seconds: who would wait longer is refused at once, who has waited longer then
RETRY_AFTER = "5"  # seconds
FREE = ("/static/", "/health/", "/favicon.ico", "/apple-touch-icon.png")  # what costs next to nothing


class LoadLimit:
    """A WSGI application that refuses what ``answer`` has no time for, by ``refusal``, a page made beforehand."""

    def __init__(self, answer: "WSGIApplication", refusal: bytes) -> None:
        self._answer, self._refusal = answer, refusal
        self._turns, self._counts = Semaphore(AT_ONCE), Lock()
        self._here, self._took = 0, 0.05  # requests that are answered or wait; seconds that an answer takes of late

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(FREE):
            return self._answer(environ, start_response)
        with self._counts:
            has_place = self._here < AT_ONCE + min(WAITING, EXPECTED_WAIT * AT_ONCE / self._took)
            self._here += has_place
        if has_place:
            try:
                if self._turns.acquire(timeout=LONGEST_WAIT):
                    began = monotonic()
                    try:
                        return self._answer(environ, start_response)
                    finally:
                        self._turns.release()
                        self._took += (min(monotonic() - began, LONGEST_WAIT) - self._took) / 10
            finally:
                with self._counts:
                    self._here -= 1
        fixed = {"Content-Type": "text/html; charset=utf-8", "Retry-After": RETRY_AFTER, "Cache-Control": "no-store"}
        start_response("503 Service Unavailable", [*(fixed | HEADERS).items()])
        return [self._refusal]
