"""Taxonomies: trees of capabilities, the curated ``goodword.csv`` that ships and imported ones.

Law: nodes are added and updated, never deleted, because claims and needs refer to them.
"""
