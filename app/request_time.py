"""One instant a request: views, verbs and templates of the same request agree on what time it is."""

from datetime import datetime

from flask import current_app, g


def now() -> datetime:
    """When this request began, aware, in UTC; ``CLOCK`` in the app's config says it, so tests can stop it."""
    if "now" not in g:
        g.now = current_app.config["CLOCK"]()
    moment: datetime = g.now
    return moment
