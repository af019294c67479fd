"""People and firms: who is in the network, what they can do, and who speaks well of whom.

Law: one file per noun, its table and its verbs together. Businesses hold capabilities; people hold trust.
Ratings never leave this room but as their rater's own, or as the bands that ``rating`` publishes.
"""
