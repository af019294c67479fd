"""A fake Mastodon server on loopback: mastodon_mock with our account and one other.

``python -m tests.services.mastodon PORT`` runs it as a separate process.
"""

import sys

import uvicorn
from mastodon_mock.app import create_app
from mastodon_mock.config import (
    AuthConfig,
    DatabaseConfig,
    MastodonMockConfig,
    SeedAccount,
    SeedConfig,
    StreamingConfig,
)
from mastodon_mock.testing.server import MockServer

TOKEN, NEIGHBOUR = "a-token-that-is-secret", "the-token-of-bea"
PEOPLE = [SeedAccount(username="goodword", access_token=TOKEN), SeedAccount(username="bea", access_token=NEIGHBOUR)]
CONFIG = MastodonMockConfig(
    database=DatabaseConfig(path=":memory:"),
    auth=AuthConfig(permissive=False),
    streaming=StreamingConfig(enabled=False),
    seed=SeedConfig(accounts=PEOPLE),
)


def server() -> MockServer:
    """Return a server that runs in a thread: ``with server() as running: running.port``."""
    return MockServer(config=CONFIG.model_copy(deep=True))


if __name__ == "__main__":
    uvicorn.run(create_app(CONFIG), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
