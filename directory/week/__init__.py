"""The week of a chapter: its occurrence, who is mentioned in the posts, their text, its pairings and its prompts.

Law: one file per noun, its table and its functions together. Nobody is named without their consent. A post is
written to the outbox when it is frozen, at the time of its occurrence.
"""
