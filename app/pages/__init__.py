"""Pages: one module a noun, one blueprint a module, one URL a page; htmx gets the part it asks for."""

from app.pages import (
    account,
    contacts,
    health,
    interactions,
    leads,
    members,
    profile,
    searches,
    sign_in,
    standing,
    today,
    vouches,
    week,
)

PAGES = (
    *(health.pages, sign_in.pages, account.pages, standing.pages, today.pages),
    *(members.pages, searches.pages),
    *(contacts.pages, interactions.pages, vouches.pages, profile.pages, leads.pages, week.pages),
)
