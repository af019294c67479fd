"""The application factory: builds the Flask app from settings and registers every part of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from werkzeug.routing import BaseConverter

from app.access import check_policies, policy
from app.accounts.sessions import init_sessions
from app.assets import init_assets
from app.db import init_db
from app.errors import Site, init_errors
from app.pages import PAGES
from app.security import init_security
from app.template_filters import init_filters
from directory.clock import utc_now
from directory.secrets import SecretBox
from directory.settings import Settings


class PublicId(BaseConverter):
    """Converter of public ids in URLs; keeps other text, such as the NUL that PostgreSQL rejects, out of queries."""

    regex = "[a-z0-9]+"


ROOT = Path(__file__).parent.parent


def build_app(settings: Settings, overrides: Mapping[str, Any]) -> Site:
    """Return a new application. Raises RuntimeError if a view has no policy or the assets are not built."""
    app = Site(
        "app",
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "app/static/vendor"),
        static_url_path="/static",
    )
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"hide_parameters": True},  # a failing statement must not log its values
        BASE_URL=settings.base_url,
        HOME=settings.home,
        SECRETS=SecretBox(settings.encryption_keys),
        CLOCK=utc_now,
    )
    app.config.update(overrides)
    app.url_map.converters["default"] = PublicId
    init_errors(app)
    init_security(app)
    init_db(app)
    init_sessions(app)
    init_assets(app)
    init_filters(app)
    for pages in PAGES:
        app.register_blueprint(pages)
    app.view_functions["static"] = policy("asset.read")(app.view_functions["static"])  # type: ignore[assignment]
    check_policies(app)
    return app
