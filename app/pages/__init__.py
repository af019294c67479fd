"""Pages: one module and one blueprint a noun, one URL a page; htmx gets the part that it asks for.

Law: a view parses its form, calls one verb, commits once and renders. Each module here is discovered and brings
its blueprint as ``pages``.
"""

from importlib import import_module
from pkgutil import iter_modules

from flask import Blueprint

PAGES: list[Blueprint] = [import_module(f"{__name__}.{module.name}").pages for module in iter_modules(__path__)]
