"""Pure arithmetic on graphs: trust, capability, teams.

Law: no I/O, no clock, no processes, no randomness without a seed. Takes arrays and frozen dataclasses
(``inputs``) and returns frozen dataclasses (``outputs``): data, never prose. Imports none of the other rooms.
"""
