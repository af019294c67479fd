"""Imports every module with tables, so that ``Base.metadata`` is complete."""

from directory import audit, rate_limit
from directory.engine import saved_search
from directory.facts import case_study, collaboration, interaction, introduction, rating, rating_case, vouch
from directory.imports import people
from directory.joining import application
from directory.leads import lead, suggestion
from directory.outbox import channel, delivery, heartbeat, occurrence, short_link
from directory.people import business, chapter, claim, member, one_time_link, wanted
from directory.privacy import business_merge, departure, suppression
from directory.profiles import relay
from directory.taxonomy import capability
from directory.week import pairing, post, post_frame, prompt, social_inbox

TABLES = (
    *(
        audit,
        rate_limit,
        one_time_link,
        business,
        capability,
        chapter,
        claim,
        interaction,
        member,
        rating,
        vouch,
        wanted,
    ),
    *(case_study, collaboration, introduction, lead, suggestion, channel, delivery, occurrence, pairing, post),
    *(departure, business_merge, rating_case, relay, saved_search, suppression, post_frame, heartbeat),
    *(application, people, prompt, short_link, social_inbox),
)
