"""Posts: the week's text for a channel, and who is mentioned in it and why."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, PublicRow, Row
from directory.leads.lead import Lead
from directory.people.member import Member
from directory.people.wanted import Wanted
from directory.week.channel import Channel
from directory.week.occurrence import Occurrence


class Post(PublicRow, Base):
    """One text for one channel of one occurrence; ``edited_at`` says that a person changed the composed text."""

    __tablename__ = "post"
    __table_args__ = (UniqueConstraint("occurrence_id", "channel_id"),)

    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    composed_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    edited_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))

    occurrence: Mapped[Occurrence] = relationship()
    channel: Mapped[Channel] = relationship()


class Mention(Row, Base):
    """A member stands in an occurrence's posts, for a reason: a spotlight, a wanted or a lead's ask."""

    __tablename__ = "mention"
    __table_args__ = (UniqueConstraint("occurrence_id", "member_id"),)

    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    wanted_id: Mapped[int | None] = mapped_column(ForeignKey("wanted.id"))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"))
    reason: Mapped[str] = mapped_column(String(300))

    occurrence: Mapped[Occurrence] = relationship()
    member: Mapped[Member] = relationship()
    wanted: Mapped[Wanted | None] = relationship()
    lead: Mapped[Lead | None] = relationship()
