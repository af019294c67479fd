"""Pages: one module a noun, one blueprint a module, one URL a page; htmx gets the part it asks for."""

from app.pages import (
    account,
    answers,
    chapter,
    contacts,
    giving,
    health,
    imports,
    interactions,
    introductions,
    joining,
    leads,
    members,
    merging,
    out,
    profile,
    public,
    ratings,
    searches,
    sign_in,
    standing,
    stories,
    today,
    vouches,
    week,
    welcome,
)

PAGES = (
    *(health.pages, sign_in.pages, account.pages, standing.pages, today.pages),
    *(members.pages, ratings.pages, searches.pages),
    *(contacts.pages, interactions.pages, vouches.pages, profile.pages, leads.pages, week.pages),
    *(introductions.pages, answers.pages, stories.pages),
    *(chapter.pages, imports.pages, joining.pages),
    *(public.pages, out.pages, merging.pages),
    *(welcome.pages, giving.pages),
)
