"""The website: pages, accounts and the command line.

Law: a view parses, calls one verb of ``directory``, commits once and renders. Rows are reached from a URL only
through ``app.access``; every view is tagged with its row of the permission matrix. Never imports ``jobs``.
Unsafe methods begin a writing transaction; the moment of a request is ``app.request_time.now``.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from directory.settings import Settings, load_settings

if TYPE_CHECKING:
    from app.errors import Site


def create_app(settings: Settings | None = None, *, overrides: Mapping[str, Any] | None = None) -> "Site":
    """The website for ``settings`` (else the environment's); ``overrides`` go into Flask's config last.

    Raises SettingsError on wrong settings, RuntimeError where a view has no policy or the assets are not built.
    """
    from app.factory import build_app  # Here, so that a command of the shell, which is in this room, starts without it.

    return build_app(settings or load_settings(), overrides or {})
