"""Imports: files that other systems wrote, turned into rows.

Law: one reader and one cell checker for all of them; a file is read whole before anything is saved; every complaint
names a row and a field; all or nothing, in the caller's transaction; importing the same file again adds nothing.
"""
