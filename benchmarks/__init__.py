"""One script per table, each beside its peer in the same run; readers of public data sets live here.

Law: prints JSON, is never imported by the rooms, and writes outside the checkout only.
"""
