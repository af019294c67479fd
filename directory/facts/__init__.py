"""Facts about how people and firms work together: claims, vouches, interactions, introductions, ratings.

Law: one file per noun, with its table and its verbs. A fact counts once the other side has confirmed it.
Ratings are private: outside this room a rating is seen only by its rater, or as a band that ``rating_band`` publishes.
"""
