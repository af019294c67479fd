"""Built front-end files: templates name a file, pages link its hashed name, and browsers cache it for a year."""

import json
from pathlib import Path

from flask import Flask, Response, request, url_for

IMMUTABLE = "public, max-age=31536000, immutable"


def init_assets(app: Flask) -> None:
    """Add ``asset("site.css")`` to templates. Raises RuntimeError if the front end is not built."""
    manifest = Path(app.static_folder or "", "manifest.json")
    if not manifest.exists():
        raise RuntimeError("The front end is not built: run `make setup`, or `npm ci` and `npm run build`.")
    names: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))

    @app.template_global()
    def asset(name: str) -> str:
        return url_for("static", filename=names[name])

    @app.after_request
    def set_cache_control(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code == 200:
            response.headers["Cache-Control"] = IMMUTABLE
        return response
