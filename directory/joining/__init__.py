"""Joining: how a person becomes a member, by invitation or application, and their first ten minutes.

Law: people who asked not to be written to get no mail; a chapter lead decides; until then, what an applicant typed is
kept.
"""
