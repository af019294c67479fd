"""Facts between people and firms: what both sides made shareable, and ratings, which stay private.

Law: one file per noun, its table and its verbs together. A fact counts when its other side confirmed it.
Ratings never leave this room but as their rater's own, or as the bands that ``rating_band`` publishes.
"""
