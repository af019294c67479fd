"""Leads: an incoming request, the answer the engine gave, and the work that came of it.

Law: one file per noun, its table and its verbs together. An answer is stored as data and told in words only
when it is read. No contact of a lead's client is kept here.
"""
