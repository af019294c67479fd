"""Leads: a member's request for a client, its needs, and the engine's suggestion as it was given.

Law: one file per noun, its table and its functions together. A suggestion is stored as data and put into words only
when it is read. How to reach a lead's client is sealed, and read through ``client.contact_of`` alone.
"""
