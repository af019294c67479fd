"""The page somebody came from, so that a small act leaves them where they were."""

from urllib.parse import urlsplit

from flask import request

from app.security import local_path


def page_before() -> str:
    """The path of this site that the browser names as its page; the home page where it names none."""
    parts = urlsplit(request.referrer or "")
    here = f"{parts.scheme}://{parts.netloc}/" == request.host_url
    return local_path(f"{parts.path}?{parts.query}".rstrip("?")) if here else "/"
