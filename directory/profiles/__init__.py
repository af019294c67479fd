"""Profiles: what one reader sees of a member and of their firm, on the site and on the open web.

Law: ``member_view`` decides who sees what, by the owner's audiences; the other modules only ask it.
Contact details are revealed to one member at a time, counted and audited.
"""
