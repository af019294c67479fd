"""Imports: turn files of other systems into rows.

Law: one reader and one cell checker for all of them; a file is read completely before anything is saved; every error
names a row and a field; all or nothing, in the caller's transaction; importing the same file again adds nothing.
"""
