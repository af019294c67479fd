"""Pages: one module a noun, one blueprint a module, one URL a page; htmx gets the part it asks for."""

from app.pages import health, interactions, leads, members, profile, sign_in, today, vouches, week

PAGES = (
    *(health.pages, sign_in.pages, today.pages),
    *(members.pages, interactions.pages, vouches.pages, profile.pages, leads.pages, week.pages),
)
