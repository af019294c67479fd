"""Loads every table of the domain, so that ``Base.metadata`` is whole."""

from directory import audit, limit, link
from directory.imports import people
from directory.leads import case_study, collaboration, introduction, lead, suggestion
from directory.people import (
    application,
    business,
    capability,
    chapter,
    claim,
    interaction,
    leaving,
    member,
    merging,
    rating,
    rating_case,
    relay,
    saved_search,
    suppression,
    vouch,
    wanted,
)
from directory.week import channel, delivery, frame, heartbeat, inbox, occurrence, pairing, post, prompt, short_link

TABLES = (
    *(audit, limit, link, business, capability, chapter, claim, interaction, member, rating, vouch, wanted),
    *(case_study, collaboration, introduction, lead, suggestion, channel, delivery, occurrence, pairing, post),
    *(leaving, merging, rating_case, relay, saved_search, suppression, frame, heartbeat),
    *(application, people, prompt, short_link, inbox),
)
