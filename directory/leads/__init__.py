"""Leads: an incoming request, what it needs, and the answer that the engine gave.

Law: one file per noun, its table and its verbs together. An answer is stored as data and put into words only
when it is read. No contact of a lead's client is kept here.
"""
