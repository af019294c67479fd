"""Taxonomies: trees of capabilities, the curated ``goodword.csv`` that ships and foreign ones beside it.

Law: nodes are added and updated, never deleted, because claims and needs stand on them.
"""
