"""``goodword serve``: serves the website with gunicorn on this machine. Elsewhere, put an HTTPS proxy before it."""

from threading import Event, Thread
from typing import Any
from urllib.parse import urlsplit

import click
from flask import Flask, render_template
from gunicorn.app.base import BaseApplication

from app import create_app
from app.db import db
from app.load_limit import AT_ONCE, WAITING, LoadLimit
from directory.engine.warm_up import keep_warm
from directory.log import configure_logging
from directory.settings import load_settings

THREADS = AT_ONCE + WAITING + 12  # per worker; the last ones refuse, send static files, and wait for slow browsers
WARM_UP = 10  # seconds that a worker reads the network before it answers, at most: gunicorn ends it after 30


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn without its command line and configuration files."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Return the app. Called in each worker, so that no database connection is shared across a fork."""
        configure_logging()
        app = create_app()
        with app.test_request_context():
            app.wsgi_app = LoadLimit(app.wsgi_app, render_template("errors/busy.html").encode())  # type: ignore[method-assign]
        with app.app_context():
            states = {"is_ready": (is_ready := Event()), "is_over": Event()}
            Thread(target=keep_warm, args=(db.engine,), kwargs=states, name="keep warm", daemon=True).start()
        is_ready.wait(WARM_UP)
        return app


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8000, show_default=True, help="The port to listen on.")
@click.option("--workers", default=2, show_default=True, help="How many processes answer.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve the website."""
    base = urlsplit(load_settings().base_url)
    if base.scheme == "http" and base.hostname not in ("127.0.0.1", "::1", "localhost"):
        click.echo(
            "GOODWORD_BASE_URL is http: log-ins cross the network unencrypted. Put a proxy with TLS in front"
            " (deploy/nginx.conf) and set it to https.",
            err=True,
        )
    options = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "threads": THREADS,
        "worker_class": "gthread",
        "keepalive": 30,  # seconds: after gunicorn's two, a request often met a connection that was just being closed
        "loglevel": "warning",
        "accesslog": None,
        "forwarded_allow_ips": "127.0.0.1",
        "graceful_timeout": 20,  # seconds in which requests in progress finish after SIGTERM or Ctrl-C
    }
    Server(options).run()
