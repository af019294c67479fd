"""The website: pages, accounts and the command line.

Law: a view parses, calls one verb of ``directory``, commits once and renders. A URL reaches a row only through
``app.access``; every view is tagged with its row of the permission matrix. This package never imports ``jobs``.
Unsafe methods begin a write transaction; the time of a request is ``app.request_time.now``.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from directory.settings import Settings, load_settings

if TYPE_CHECKING:
    from app.errors import Site


def create_app(settings: Settings | None = None, *, overrides: Mapping[str, Any] | None = None) -> "Site":
    """Return the website for ``settings``, by default those of the environment. ``overrides`` enter the config last.

    Raises SettingsError for invalid settings, RuntimeError if a view has no policy or the assets are not built.
    """
    from app.factory import build_app  # Imported here so that the commands in app.cli start without Flask.

    return build_app(settings or load_settings(), overrides or {})
