"""Pages: one module a noun, one blueprint a module, one URL a page; htmx gets the part it asks for."""

from app.pages import health, sign_in, today

PAGES = (health.pages, sign_in.pages, today.pages)
