"""The page somebody came from, so that a small act leaves them where they were."""

from flask import request

from app.security import local_path


def page_before() -> str:
    """The path of this site that the browser names as its page; the home page where it names none."""
    page, here = request.referrer or "", request.host_url
    return local_path(page.removeprefix(here.rstrip("/")).partition("#")[0]) if page.startswith(here) else "/"
