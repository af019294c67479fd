"""Imports every module with tables, so that ``Base.metadata`` is complete."""

from directory import audit, rate_limit
from directory.engine import saved_search, text_embedding
from directory.facts import case_study, collaboration, interaction, introduction, rating, rating_case, vouch
from directory.imports import import_batch
from directory.joining import application
from directory.leads import (
    client,
    client_choice,
    lead,
    lead_state,
    need_example,
    offer,
    report,
    seat_holder,
    submission,
    suggestion,
)
from directory.outbox import channel, delivery, heartbeat, kill_switch, occurrence, short_link
from directory.people import blackout_period, chapter, claim, one_time_link, own_word, suppression, tables
from directory.privacy import business_merge, departure
from directory.profiles import message, relay
from directory.taxonomy import capability
from directory.week import mention_choice, opening_closing, pairing, post, prompt, social_inbox
