"""The archive: the public page of a chapter's past week."""

from directory.week.occurrence import Occurrence


def path_of(occurrence: Occurrence) -> str:
    """Where the week stands on the open web, while its chapter does."""
    return f"/chapters/{occurrence.chapter.public_id}/weeks/{occurrence.public_id}"
