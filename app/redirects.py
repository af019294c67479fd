"""Where somebody goes on after an act: the page they came from, unless a view says another."""

from flask import flash, redirect, request
from werkzeug.wrappers import Response

from app.db import db
from app.security import local_path


def previous_page() -> str:
    """The path of this site that the browser names as its page; the home page where it names none."""
    page, here = request.referrer or "", request.host_url
    return local_path(page.removeprefix(here.rstrip("/")).partition("#")[0]) if page.startswith(here) else "/"


def commit_and_redirect(sentence: str, *, undo: str = "message", to: str = "") -> Response:
    """Keep what a verb did, say so, and go on. ``undo`` is the address that takes it back."""
    db.session.commit()
    flash(sentence, undo)
    return redirect(to or previous_page(), 303)
