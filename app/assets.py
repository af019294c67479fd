"""The built style, script and type: templates name a file, the page gets its hashed name, browsers keep it for good."""

import json
from pathlib import Path

from flask import Flask, Response, request, url_for

FOR_GOOD = "public, max-age=31536000, immutable"


def init_assets(app: Flask) -> None:
    """Give templates ``asset("site.css")``. Raises RuntimeError where the front end is not built."""
    manifest = Path(app.static_folder or "", "manifest.json")
    if not manifest.exists():
        raise RuntimeError("The front end is not built: run `make setup`, or `npm ci` and `npm run build`.")
    names: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))

    @app.template_global()
    def asset(name: str) -> str:
        return url_for("static", filename=names[name])

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code == 200:
            response.headers["Cache-Control"] = FOR_GOOD
        return response
