"""The matching engine: pure arithmetic on graphs of trust, capability and teams.

Law: no I/O, no clock, no processes, no randomness without a seed. Takes arrays and frozen dataclasses
(``inputs``) and returns frozen dataclasses (``outputs``): data, never prose. Imports no other room.
"""
