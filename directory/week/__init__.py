"""The week: when a chapter's turn comes, who stands in its post, what the post says, and who talks to whom.

Law: one file per noun, its table and its verbs together. Nobody is named who did not agree to it. A post is a
row of the outbox from the moment it is composed.
"""
