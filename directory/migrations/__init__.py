"""Migrations: how a database becomes what the tables are.

Law: made by ``goodword db revision``, read by a person, and never changed once an installation may have run them.
"""
