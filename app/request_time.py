"""The time of the request: one fixed instant for its views, verbs and templates."""

from datetime import datetime

from flask import current_app, g


def now() -> datetime:
    """Return the aware UTC time of this request, read once from ``CLOCK`` in the app's config, which tests replace."""
    if "now" not in g:
        g.now = current_app.config["CLOCK"]()
    instant: datetime = g.now
    return instant
