"""People and firms: chapters, businesses, members, their claims and whom they want to meet.

Law: one file per noun with its verbs; the tables are together in ``tables``, since they refer to each other.
Businesses have capabilities; trust is between people.
"""
