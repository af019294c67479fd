"""Redirects after an action: commit or roll back, flash a message, and go to the previous page or to a given one."""

from flask import flash, redirect, request
from werkzeug.wrappers import Response

from app.db import db
from app.security import local_path


def previous_page() -> str:
    """Return the path of the referring page if it is on this site, else the home page."""
    referrer, here = request.referrer or "", request.host_url
    return local_path(referrer.removeprefix(here.rstrip("/")).partition("#")[0]) if referrer.startswith(here) else "/"


def commit_and_redirect(message: str = "", *, undo: str = "message", to: str = "") -> Response:
    """Commit, flash ``message`` if there is one, and redirect (303) to ``to``, by default the previous page.

    ``undo`` is the URL that a POST reverts the action with; the default shows the message without an undo button.
    """
    db.session.commit()
    if message:
        flash(message, undo)
    return redirect(to or previous_page(), 303)


def refuse_and_redirect(message: str, to: str) -> Response:
    """Roll back, flash ``message``, which stays until it is dismissed, and redirect (303) to ``to``."""
    db.session.rollback()
    flash(message, "open")
    return redirect(to, 303)
