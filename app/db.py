"""The website's database access: Flask-SQLAlchemy, with one session per request, on ``directory.db.Base``."""

from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy

import directory.tables  # noqa: F401 - relationships name tables by strings, so all of them must be loaded
from directory.db import Base, claim_write, configure_engine

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

db = SQLAlchemy(model_class=Base, disable_autonaming=True)


def init_db(app: Flask) -> None:
    """Configure the engine, and begin a write transaction for each request with an unsafe method."""
    db.init_app(app)
    with app.app_context():
        configure_engine(db.engine)

    @app.before_request
    def begin_write() -> None:
        if request.method not in SAFE_METHODS:
            claim_write(db.session())
