"""Leads: a member's request for a client, its needs, and the engine's suggestion as it was given.

Law: one file per noun, its table and its functions together. A suggestion is stored as data and put into words only
when it is read. No contact of a lead's client is stored.
"""
