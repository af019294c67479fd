"""Pages: one module a noun, one blueprint a module, one URL a page; htmx gets the part it asks for.

Every module here is found, and brings its blueprint as ``pages``.
"""

from importlib import import_module
from pkgutil import iter_modules

from flask import Blueprint

PAGES: list[Blueprint] = [import_module(f"{__name__}.{module.name}").pages for module in iter_modules(__path__)]
