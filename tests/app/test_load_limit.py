"""The load limit: what is above it gets 503 at once, and what is below it its answer."""

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event
from typing import TYPE_CHECKING

import pytest
from werkzeug.test import Client

from app import load_limit
from app.cli.serve import THREADS
from app.load_limit import AT_ONCE, EXPECTED_WAIT, WAITING, LoadLimit

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class SlowSite:
    """Answers each request when ``goes_on`` is set."""

    def __init__(self) -> None:
        self.goes_on, self.began = Event(), 0

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        self.began += 1
        if not environ["PATH_INFO"].startswith("/static/"):
            assert self.goes_on.wait(10)
        start_response("200 OK", [])
        return [b"page"]


def until(is_so: object) -> None:
    assert callable(is_so)
    for _ in range(500):
        if is_so():
            return
        time.sleep(0.01)
    raise AssertionError


def test_a_request_above_the_limit_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_limit, "LONGEST_WAIT", 10)
    slow = SlowSite()
    site = LoadLimit(slow, b"busy")
    few = int(EXPECTED_WAIT * AT_ONCE / site._took)
    assert 0 < few < WAITING
    with ThreadPoolExecutor(AT_ONCE + few) as threads:
        answers = [threads.submit(Client(site).get, "/") for _ in range(AT_ONCE + few)]
        try:
            until(lambda: site._here == AT_ONCE + few and slow.began == AT_ONCE)
            began = time.perf_counter()
            refused = Client(site).post("/leads/new", data={"text": "A new site"})
            assert time.perf_counter() - began < 0.1
            assert (refused.status_code, refused.data, refused.headers["Retry-After"]) == (503, b"busy", "5")
            assert refused.headers["Content-Security-Policy"]
            assert Client(site).get("/static/site.css").status_code == 200
        finally:
            slow.goes_on.set()
        assert [answer.result().status_code for answer in answers] == [200] * len(answers)
    assert (site._here, Client(site).get("/").status_code) == (0, 200)
    assert THREADS > AT_ONCE + WAITING  # else nobody is there to refuse


def test_a_request_does_not_wait_long_for_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_limit, "LONGEST_WAIT", 0.01)
    slow = SlowSite()
    site = LoadLimit(slow, b"busy")
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = [threads.submit(Client(site).get, "/") for _ in range(AT_ONCE)]
        try:
            until(lambda: slow.began == AT_ONCE)
            assert Client(site).get("/").status_code == 503
        finally:
            slow.goes_on.set()
        assert {answer.result().status_code for answer in answers} == {200}


def test_fewer_wait_where_answers_take_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = SlowSite()
    quick.goes_on.set()
    site = LoadLimit(quick, b"busy")
    at_first = site._took
    for _ in range(40):
        Client(site).get("/")
    assert site._took < at_first
    clock = count()
    monkeypatch.setattr(load_limit, "monotonic", lambda: next(clock))  # each answer takes a second
    for _ in range(40):
        Client(site).get("/")
    assert at_first < site._took <= load_limit.LONGEST_WAIT
