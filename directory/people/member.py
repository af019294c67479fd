"""Members: the people of the network and the roles they hold in a chapter."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, PublicRow, Row
from directory.people.business import Business


class Member(PublicRow, Base):
    """A person, in one business. ``spotlight_at`` is their consent to be named in the weekly post."""

    __tablename__ = "member"

    key: Mapped[str | None] = mapped_column(String(60), unique=True)
    business_id: Mapped[int] = mapped_column(ForeignKey("business.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(120), default="")
    headline: Mapped[str] = mapped_column(String(300), default="")
    joined_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]
    spotlight_at: Mapped[datetime | None]
    is_admin: Mapped[bool] = mapped_column(default=False)

    business: Mapped[Business] = relationship(back_populates="members")

    @property
    def first_name(self) -> str:
        return self.name.split()[0]


class Role(StrEnum):
    """What a member does for a chapter."""

    LEAD = "lead"
    SECRETARY = "secretary"


class ChapterRole(Row, Base):
    """A member holds a role in a chapter."""

    __tablename__ = "chapter_role"
    __table_args__ = (UniqueConstraint("member_id", "chapter_id", "role"),)

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"), index=True)
    role: Mapped[Role]
