"""Import batches: lists that chapter leads uploaded, as stored. It imports little, since every command loads tables."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.people.chapter import Chapter
from directory.people.tables import Member

KEPT_FOR = timedelta(hours=24)  # how long an uncommitted list is kept, and a committed one can be undone


class ImportBatch(PublicRow, Base):
    """A list that a chapter lead uploaded. ``rows`` is its sheet as JSON, ``made`` the ids of the rows it created, by
    table.
    """

    __tablename__ = "import_batch"

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"), index=True)
    uploader_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    made_at: Mapped[datetime]
    rows: Mapped[dict[str, Any]]
    committed_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    made: Mapped[dict[str, Any]] = mapped_column(default=dict)

    chapter: Mapped[Chapter] = relationship()
    uploader: Mapped[Member] = relationship()

    def is_undoable(self, now: datetime) -> bool:
        """Return whether the import can still be undone."""
        return self.committed_at is not None and self.undone_at is None and now < self.committed_at + KEPT_FOR


def list_of(session: Session, *, member: Member) -> ImportBatch | None:
    """Return the list that the member was on, None where they came another way."""
    lists = select(ImportBatch).where(ImportBatch.committed_at == member.joined_at)
    for batch in session.scalars(lists.options(joinedload(ImportBatch.uploader))):
        if member.id in batch.made["member"]:
            return batch
    return None
