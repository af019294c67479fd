"""The week: when a chapter's turn comes, what its post says, and each message on its way.

Law: one file per noun, its table and its verbs together. The table is the queue: claim before sending, freeze
the bytes before the first try, and never try again what may have arrived.
"""
