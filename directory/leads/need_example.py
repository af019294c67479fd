"""Need examples: short phrases of corrected leads, which say what the network's later leads ask for or do not."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from directory.audit import record
from directory.db import Base, PublicRow
from directory.leads.lead import Lead
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member
from directory.taxonomy.capability import Capability


class NeedExample(PublicRow, Base):
    """A member said that ``phrase`` of a lead asks for a capability, or does not; it counts unless it is hidden.

    ``vector`` is the phrase's embedding, 384 float16; None without a sentence model.
    """

    __tablename__ = "need_example"
    __table_args__ = (UniqueConstraint("lead_id", "capability_id"),)

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    capability_id: Mapped[int] = mapped_column(ForeignKey("capability.id"), index=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    phrase: Mapped[str] = mapped_column(String(120))
    is_need: Mapped[bool]
    vector: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    made_at: Mapped[datetime]
    hidden_at: Mapped[datetime | None]

    lead: Mapped[Lead] = relationship()
    capability: Mapped[Capability] = relationship()


def examples_of_lead(session: Session, *, lead: Lead) -> dict[int, NeedExample]:
    """Return what was learnt from the lead, by capability id."""
    return {
        row.capability_id: row for row in session.scalars(select(NeedExample).where(NeedExample.lead_id == lead.id))
    }


def examples_of_chapter(session: Session, *, chapter: Chapter, limit: int = 100) -> Sequence[NeedExample]:
    """Return what was learnt from leads of the chapter's firms and counts, newest first."""
    rows = select(NeedExample).join(NeedExample.lead).join(Lead.business).where(Business.chapter_id == chapter.id)
    rows = rows.where(NeedExample.hidden_at.is_(None)).options(joinedload(NeedExample.capability))
    return session.scalars(rows.order_by(NeedExample.id.desc()).limit(limit)).all()


def example_of_chapter(session: Session, *, chapter: Chapter, public_id: str) -> NeedExample | None:
    """Return the example of that public id, if it is of a lead of the chapter's firms."""
    rows = select(NeedExample).join(NeedExample.lead).join(Lead.business).where(Business.chapter_id == chapter.id)
    return session.scalar(rows.where(NeedExample.public_id == public_id))


def hide_example(session: Session, *, example: NeedExample, by: Member, now: datetime) -> None:
    """Let an example count no more."""
    example.hidden_at = now
    record(session, actor_id=by.id, action="need_example.hide", object=example, now=now)


def restore_example(session: Session, *, example: NeedExample, by: Member, now: datetime) -> None:
    """Let a hidden example count again."""
    example.hidden_at = None
    record(session, actor_id=by.id, action="need_example.restore", object=example, now=now)
