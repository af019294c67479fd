"""Members: the people of the network and the roles they hold in a chapter."""

import re
import unicodedata
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.audit import record
from directory.db import Base, PublicRow, Row, bump_world
from directory.errors import Invalid
from directory.people.business import Business, clean_phone, index_business
from directory.people.chapter import Chapter
from directory.text import clean_line, folded
from directory.translation import gettext as _

if TYPE_CHECKING:
    from directory.facts.rating import Band
    from directory.people.wanted import Wanted


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


def edit_profile(
    session: Session,
    *,
    member: Member,
    name: str,
    role: str,
    headline: str,
    phone: str | None = None,
    video: str | None = None,
    now: datetime,
) -> None:
    """Replace what a member says of themselves, None: as it was. Raises Invalid, and then changes nothing."""
    said = {
        "name": _own_name(session, member, name),
        "role": clean_line(role, field="role", what=_("your role"), limit=120, required=False),
        "headline": clean_line(headline, field="headline", what=_("the line about you"), limit=300, required=False),
        "phone": member.phone if phone is None else clean_phone(phone),
        "video": member.video if video is None else clean_video(video),
    }
    for column, value in said.items():
        setattr(member, column, value)
    index_business(session, member.business)
    record(session, actor_id=member.id, action="member.edit", object=f"member {member.public_id}", now=now)
    bump_world(session)


def clean_video(text: str) -> str:
    """An https address whose host a reader can tell from any other. Raises Invalid."""
    text = clean_line(text, field="video", what=_("the address of the video"), limit=190, required=False)
    address = text if "://" in text or not text else f"https://{text}"
    if address and not re.fullmatch(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/[!#-;=?-~]*)?", address, re.IGNORECASE):
        message = _("Write where the video is, such as https://vimeo.com/76979871. It has to begin with https.")
        raise Invalid(message, field="video")
    return address


def _own_name(session: Session, member: Member, text: str) -> str:
    """A name that can be told from every colleague's, also where the letters only look alike. Raises Invalid."""
    name = clean_line(text, field="name", what=_("your name"), limit=120)
    for word in name.split():
        scripts = {unicodedata.name(letter, "").split()[0] for letter in word if letter.isalpha()}
        if len(scripts & {"LATIN", "CYRILLIC", "GREEK"}) > 1:
            message = _("“%(word)s” mixes letters of two alphabets that look alike. Type it anew.", word=word)
            raise Invalid(message, field="name")
    others = select(Member.name).where(Member.business_id == member.business_id, Member.id != member.id)
    if folded(name) in {folded(other) for other in session.scalars(others.where(Member.is_active))}:
        message = _("Somebody at your firm has this name. Add an initial, so that people can tell you apart.")
        raise Invalid(message, field="name")
    return name


def allow_spotlight(session: Session, *, member: Member, now: datetime) -> None:
    """The member's consent to be named in the weekly post; an earlier consent keeps its date."""
    if member.spotlight_at is None:
        member.spotlight_at = now
        record(session, actor_id=member.id, action="spotlight.allow", object=f"member {member.public_id}", now=now)


def forbid_spotlight(session: Session, *, member: Member, now: datetime) -> None:
    """Take that consent back."""
    if member.spotlight_at is not None:
        member.spotlight_at = None
        record(session, actor_id=member.id, action="spotlight.forbid", object=f"member {member.public_id}", now=now)


def holders_of_roles(session: Session, *, chapter_id: int, roles: Collection[Role]) -> list[Member]:
    """The active members who hold one of ``roles`` in a chapter."""
    held = select(ChapterRole.member_id).where(ChapterRole.chapter_id == chapter_id, ChapterRole.role.in_(roles))
    return list(session.scalars(select(Member).where(Member.id.in_(held), Member.is_active).order_by(Member.id)))


def chapter_roles(session: Session, *, member: Member) -> list[ChapterRole]:
    """The roles a member holds, by chapter."""
    held = select(ChapterRole).where(ChapterRole.member_id == member.id)
    return list(session.scalars(held.order_by(ChapterRole.chapter_id, ChapterRole.role)))


def lock_members(session: Session, *members: Member) -> None:
    """Lock these members, always in the same order, so that two acts between them come one after the other.

    Rows that only refer to a member may be written meanwhile.
    """
    ids = sorted(member.id for member in members)
    session.execute(select(Member.id).where(Member.id.in_(ids)).order_by(Member.id).with_for_update(key_share=True))
