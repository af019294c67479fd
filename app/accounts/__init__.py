"""Accounts: how a person proves to be a member, and how long the site remembers.

Law: the only room that reads a password or a code. A signed-in browser is a row; ending the row ends the sign-in.
"""
