"""Classification of HTTP answers: acceptance, permanence, retry times, and answers that make no sense."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests

from directory import clock
from jobs.channels import http
from jobs.channels.transport import TransportError
from tests.conftest import NOW

AT = datetime(2026, 11, 4, 16, 5, tzinfo=UTC)


def refusal(status: int, headers: dict[str, str]) -> http.HttpRefused:
    answer = requests.Response()
    answer.status_code, answer._content = status, b"{}"
    answer.headers.update(headers)
    return http._refusal(answer)


@pytest.mark.parametrize(
    ("headers", "until"),
    [
        ({"X-RateLimit-Reset": "2026-11-04T16:05:00.000Z"}, AT),
        ({"RateLimit-Reset": "1793808300"}, AT),
        ({"Retry-After": "Wed, 04 Nov 2026 16:05:00 GMT"}, AT),
        ({"Retry-After": "Wed, 04 Nov 2026 16:05:00 -0000"}, AT),  # a time without a zone is in UTC
        ({"Retry-After": "soon"}, None),
        ({"X-RateLimit-Reset": "9" * 18}, None),  # out of the range of datetime
        ({"X-RateLimit-Reset": "9" * 30}, None),
        ({}, None),
    ],
)
def test_retry_times_are_parsed_in_every_network_s_format(headers: dict[str, str], until: datetime | None) -> None:
    assert refusal(429, headers).retry_at == until


@pytest.mark.parametrize(
    ("status", "headers", "until"),
    [
        (503, {"Retry-After": "120"}, NOW + timedelta(minutes=2)),
        (429, {"Retry-After": "120", "X-RateLimit-Reset": "1790000000"}, NOW + timedelta(minutes=2)),
        (429, {"Retry-After": "120", "X-RateLimit-Reset": "4000000000"}, datetime.fromtimestamp(4000000000, UTC)),
        (503, {"X-RateLimit-Reset": "4000000000"}, None),
        (429, {"Retry-After": "soon", "X-RateLimit-Reset": "1"}, None),
    ],
)
def test_the_later_of_two_retry_times_counts(
    monkeypatch: pytest.MonkeyPatch, status: int, headers: dict[str, str], until: datetime | None
) -> None:
    monkeypatch.setattr(clock, "utc_now", lambda: NOW)
    at = refusal(status, headers).retry_at
    assert (at if at is not None and at > NOW else None) == until


@pytest.mark.parametrize(
    ("status", "permanent", "accepted"),
    [
        *[(status, False, "maybe") for status in (303, 307, 408, 500, 503)],
        *[(status, False, "no") for status in (401, 402, 429)],
        *[(status, True, "no") for status in (400, 403, 404, 422)],
    ],
)
def test_a_status_tells_whether_a_post_may_exist_and_a_retry_may_help(
    status: int, permanent: bool, accepted: str
) -> None:
    refused = refusal(status, {})
    assert (refused.permanent, refused.accepted, refused.is_revoked) == (permanent, accepted, status == 401)


def test_a_too_deeply_nested_answer_counts_as_invalid() -> None:
    with pytest.raises(TransportError, match="do not understand"), http.classify_errors():
        json.loads("[" * 10**5)
