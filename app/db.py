"""The website's database: one session a request, on the tables of the one metadata."""

from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy

from directory.db import Base, claim_write, configure_engine
from directory.tables import TABLES

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

assert TABLES  # relations name their tables; all of them must be loaded before the first query
db = SQLAlchemy(model_class=Base, disable_autonaming=True)


def init_db(app: Flask) -> None:
    """Open the engine that the settings name, and let unsafe methods begin writing transactions."""
    db.init_app(app)
    with app.app_context():
        configure_engine(db.engine)

    @app.before_request
    def begin() -> None:
        if request.method not in SAFE_METHODS:
            claim_write(db.session())
