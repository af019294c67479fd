"""Loads every table of the domain, so that ``Base.metadata`` is whole."""

from directory import audit, limit
from directory.leads import collaboration, lead, suggestion
from directory.people import business, capability, chapter, claim, interaction, member, rating, vouch, wanted
from directory.week import channel, delivery, occurrence, post

TABLES = (
    *(audit, limit, business, capability, chapter, claim, interaction, member, rating, vouch, wanted),
    *(collaboration, lead, suggestion, channel, delivery, occurrence, post),
)
