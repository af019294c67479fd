"""Privacy: a member's data leaves, is erased, or is merged, wherever it stands.

Law: knows every table below it, so that nothing personal is forgotten; a test names a column nobody handles.
Erasure overwrites what is personal and keeps the rows that others' facts need.
"""
