"""Built front-end files, linked by hashed names and cached for a year; and the compression of all responses."""

import json
from mimetypes import guess_type
from pathlib import Path

from flask import Flask, Response, request, send_from_directory, url_for
from flask_compress import Compress

from app.access import policy

IMMUTABLE = "public, max-age=31536000, immutable"
ENCODINGS = {"br": ".br", "gzip": ".gz"}  # of the files that the build writes beside each asset, the best first


def init_assets(app: Flask) -> None:
    """Add ``asset("site.css")`` to templates, and compress responses. Raises RuntimeError without a built front end."""
    folder = Path(app.static_folder or "")
    manifest = folder / "manifest.json"
    if not manifest.exists():
        raise RuntimeError("The front end is not built: run `make setup`, or `npm ci` and `npm run build`.")
    names: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))

    @app.template_global()
    def asset(name: str) -> str:
        return url_for("static", filename=names[name])

    def send_asset(filename: str) -> Response:
        """Send an asset in the best encoding that the browser takes."""
        accepted = (encoding for encoding in ENCODINGS if request.accept_encodings.quality(encoding) > 0)
        encoding = next((each for each in accepted if (folder / f"{filename}{ENCODINGS[each]}").is_file()), None)
        stored = f"{filename}{ENCODINGS[encoding]}" if encoding else filename
        response = send_from_directory(folder, stored, mimetype=guess_type(filename)[0], max_age=None)
        response.headers["Cache-Control"] = IMMUTABLE
        response.vary.add("Accept-Encoding")
        if encoding:
            response.content_encoding = encoding
        return response

    @app.get("/favicon.ico")
    @app.get("/apple-touch-icon.png")
    @policy("asset.read")
    def favicon() -> Response:
        """Send the icon to who asks for it by these names, without having read a page: phones, readers of feeds."""
        return send_from_directory(folder, names["icon.png"], max_age=24 * 3600)

    app.view_functions["static"] = send_asset
    app.config.update(COMPRESS_ALGORITHM=["br", "gzip"], COMPRESS_MIN_SIZE=1000, COMPRESS_STREAMS=False)  # bytes
    Compress(app)
