"""People and firms: chapters, businesses, members, what they claim and whom they want to meet.

Law: one file per noun with its verbs; the tables stand together in ``tables``, since they refer to each other.
Businesses hold capabilities; people hold trust.
"""
