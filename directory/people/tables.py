"""The tables of people and firms, together because they refer to each other; their verbs stand in a file a noun."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, PublicRow, Row
from directory.people.chapter import Chapter
from directory.taxonomy.capability import Capability


class Business(PublicRow, Base):
    """A firm. Without members it was imported: known by its work, not yet by its people.

    ``key`` is what an import knows it by; prices are what a usual project costs, in minor units of ``currency``.
    """

    __tablename__ = "business"

    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    chapter_id: Mapped[int | None] = mapped_column(ForeignKey("chapter.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(120), default="")
    region: Mapped[str] = mapped_column(String(60), default="")
    is_remote: Mapped[bool] = mapped_column(default=False)
    summary: Mapped[str] = mapped_column(String(500), default="")
    website: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    price_low_minor: Mapped[int | None] = mapped_column(BigInteger)
    price_high_minor: Mapped[int | None] = mapped_column(BigInteger)
    smallest_deal_minor: Mapped[int | None] = mapped_column(BigInteger)
    capacity: Mapped[int | None]  # projects at a time
    busy: Mapped[int] = mapped_column(default=0)  # projects now
    free_on: Mapped[date | None]  # the first day with room for a new project
    best_customers: Mapped[str] = mapped_column(String(500), default="")
    good_referrals: Mapped[str] = mapped_column(String(500), default="")
    not_a_fit: Mapped[str] = mapped_column(String(500), default="")
    industries: Mapped[list[str]] = mapped_column(default=list)  # whom it serves, keys of directory.people.industry
    languages: Mapped[list[str]] = mapped_column(default=list)  # ISO 639-1 codes
    latitude: Mapped[float | None]  # of the city, degrees
    longitude: Mapped[float | None]
    audiences: Mapped[dict[str, Any]] = mapped_column(default=dict)  # as a member's, for the firm's own fields
    search_text: Mapped[str] = mapped_column(Text, default="")
    search_version: Mapped[int] = mapped_column(BigInteger, default=0)  # random, new whenever it is indexed anew
    created_at: Mapped[datetime]

    chapter: Mapped[Chapter | None] = relationship()
    members: Mapped[list["Member"]] = relationship(back_populates="business", order_by="Member.id")
    capabilities: Mapped[list[Capability]] = relationship(secondary="claim", viewonly=True)
    wants: Mapped[list["Wanted"]] = relationship(
        secondary="member",
        primaryjoin="Business.id == Member.business_id",
        secondaryjoin="Member.id == Wanted.member_id",
        viewonly=True,
    )

    @property
    def place(self) -> str:
        """City and region as a reader expects them, empty where neither is said."""
        return ", ".join(part for part in (self.city, self.region) if part)


class MemberState(StrEnum):
    """Where a person stands with the network. Whoever was invited is active before they first sign in."""

    PENDING = "pending"  # applied, and not yet let in
    ACTIVE = "active"
    SUSPENDED = "suspended"
    GONE = "gone"  # left, or turned away; what was personal is overwritten


class Member(PublicRow, Base):
    """A person, in one business.

    ``email`` is where the network writes to them, and not shown unless ``audiences`` says so, which maps the fields
    of ``directory.people.audience`` to who may see them. ``sponsor`` is the member who let them be asked in, None
    where a chapter did. ``spotlight_at`` is their consent to be named in the weekly post, ``public_at`` to stand on
    the open web, ``indexed_at`` to be found there by search engines.
    """

    __tablename__ = "member"

    key: Mapped[str | None] = mapped_column(String(60), unique=True)
    business_id: Mapped[int] = mapped_column(ForeignKey("business.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(120), default="")
    headline: Mapped[str] = mapped_column(String(300), default="")
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    phone: Mapped[str] = mapped_column(String(40), default="")
    video: Mapped[str] = mapped_column(String(200), default="")
    photo: Mapped[str | None] = mapped_column(String(64))  # the sha256 of its file
    audiences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[MemberState] = mapped_column(default=MemberState.ACTIVE)
    joined_at: Mapped[datetime]
    invited_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime | None]  # first signed in
    sponsor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    spotlight_at: Mapped[datetime | None]
    sits_out_at: Mapped[datetime | None]  # takes no part in the week's talks
    public_at: Mapped[datetime | None]
    indexed_at: Mapped[datetime | None]
    is_admin: Mapped[bool] = mapped_column(default=False)
    mail_off: Mapped[list[str]] = mapped_column(default=list)  # the kinds of letter they do not want

    business: Mapped[Business] = relationship(back_populates="members")
    sponsor: Mapped["Member | None"] = relationship(remote_side="Member.id")
    holds: Mapped[list["ChapterRole"]] = relationship(viewonly=True)
    band: Mapped["Band | None"] = relationship(viewonly=True)
    asks: Mapped[list["Wanted"]] = relationship(  # the live ones, the newest first
        primaryjoin="and_(Member.id == Wanted.member_id, Wanted.ended_at.is_(None), Wanted.kind != 'offer')",
        order_by="(Wanted.wanted_at.desc(), Wanted.id.desc())",
        viewonly=True,
    )

    @hybrid_property
    def is_active(self) -> bool:
        """Whether the member takes part: seen by others, matched, mentioned, counted."""
        return self.state == MemberState.ACTIVE

    @is_active.inplace.expression
    @classmethod
    def _is_active(cls) -> ColumnElement[bool]:
        return cls.state == MemberState.ACTIVE

    @property
    def first_name(self) -> str:
        return self.name.split()[0]


# Nearly everybody is active: an index of all states would only lead the planner astray.
_OTHER = Member.state != MemberState.ACTIVE


Index("ix_member_state", Member.state, sqlite_where=_OTHER, postgresql_where=_OTHER)


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

    chapter: Mapped[Chapter] = relationship()


class WantedKind(StrEnum):
    """Whom the member wants to meet: an ideal client, a partner with a capability, a whole category; or an offer."""

    CLIENT = "client"
    PARTNER = "partner"
    CATEGORY = "category"
    OFFER = "offer"  # not an ask: what the member gives


class Wanted(PublicRow, Base):
    """A live ask; it may stand in the weekly post from ``shared_at`` on."""

    __tablename__ = "wanted"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    kind: Mapped[WantedKind]
    capability_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id"))
    text: Mapped[str] = mapped_column(String(300))
    why: Mapped[str] = mapped_column(String(300), default="")
    wanted_at: Mapped[datetime]
    shared_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship()
    capability: Mapped[Capability | None] = relationship()


class Band(Row, Base):
    """What is published of all ratings of a member: a band per dimension, 1 to 3, as frozen at ``frozen_at``.

    A resting one, both 0, says no more than no row does; it stays so that nobody gets a new look at it too soon.
    """

    __tablename__ = "band"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), unique=True)
    warmth: Mapped[int]
    competence: Mapped[int]
    frozen_at: Mapped[datetime]
