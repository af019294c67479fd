"""Loads every table of the domain, so that ``Base.metadata`` is whole."""

from directory import audit, limit, link
from directory.leads import collaboration, introduction, lead, suggestion
from directory.people import business, capability, chapter, claim, interaction, member, rating, vouch, wanted
from directory.week import channel, delivery, occurrence, post

TABLES = (
    *(audit, limit, link, business, capability, chapter, claim, interaction, member, rating, vouch, wanted),
    *(collaboration, introduction, lead, suggestion, channel, delivery, occurrence, post),
)
