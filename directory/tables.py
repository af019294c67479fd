"""Imports every module with tables, so that ``Base.metadata`` is complete."""

from directory import audit, rate_limit
from directory.engine import saved_search, text_embedding
from directory.facts import case_study, collaboration, interaction, introduction, rating, rating_case, vouch
from directory.imports import import_batch
from directory.joining import application
from directory.leads import lead, need_example, suggestion
from directory.outbox import channel, delivery, heartbeat, kill_switch, occurrence, short_link
from directory.people import chapter, claim, one_time_link, own_word, tables
from directory.privacy import business_merge, departure, suppression
from directory.profiles import message, relay
from directory.taxonomy import capability
from directory.week import blackout_period, mention_choice, opening_closing, pairing, post, prompt, social_inbox
