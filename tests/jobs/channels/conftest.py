"""The ``platform`` fixture: a network on loopback for the tests of a kind of channel."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from directory import safe_http
from directory.settings import Settings
from tests.jobs.channels.platforms import STAND_INS, Platform


@pytest.fixture
def platform(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """Yield the fake server of the kind that the test names by ``over``."""
    monkeypatch.setattr(safe_http, "LOOPBACK_IS_ALLOWED", True)
    with ExitStack() as stack:
        yield STAND_INS[request.param].make(stack, settings)
