"""Taxonomies: the curated scheme that ships, and foreign ones beside it.

Law: a scheme comes from a file with columns for code and name; importing it again adds and updates, and never
deletes, because claims and needs stand on its nodes.
"""

from directory.taxonomy.scheme import CURATED_FILE, Imported, import_scheme

__all__ = ["CURATED_FILE", "Imported", "import_scheme"]
