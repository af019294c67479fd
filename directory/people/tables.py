"""The tables of people and firms, together because they refer to each other; their verbs stand in a file a noun."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, PublicRow, Row
from directory.money import Money
from directory.name_rules import MAX_PERSON_NAME, clean_name, clean_person_name
from directory.people.audience import Audience, AudienceChoice
from directory.people.chapter import Chapter
from directory.people.field_declaration import ProfileField, text_field
from directory.people.industry import clean_industries
from directory.people.personal_name import name_parts
from directory.people.working_language import clean_languages
from directory.taxonomy.capability import Capability
from directory.text import LONG_TEXT, clean_email, clean_phone, clean_video, clean_website
from directory.translation import N_

PHOTO = AudienceChoice("photo", N_("Your photo"), Audience.MEMBERS)
VIDEO = AudienceChoice("video", N_("Your video"), Audience.MEMBERS)
HEADLINE = AudienceChoice("headline", N_("The line about you"), Audience.PUBLIC)
DIRECT_PHONE = AudienceChoice("direct_phone", N_("Your direct number"), Audience.INTRODUCED)
DIRECT_EMAIL = AudienceChoice("direct_email", N_("Your own email"), Audience.INTRODUCED)
FIRM_PHONE = AudienceChoice("firm_phone", N_("Phone of the firm"), Audience.MEMBERS)
FIRM_EMAIL = AudienceChoice("firm_email", N_("Email of the firm"), Audience.MEMBERS)
PRICES = AudienceChoice("prices", N_("Prices and the smallest project"), Audience.MEMBERS)


class Business(PublicRow, Base):
    """A firm. Without members it was imported: known by its work, not yet by its people.

    ``key`` is what an import knows it by; prices are what a usual project costs, in minor units of ``currency``.
    """

    __tablename__ = "business"

    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    chapter_id: Mapped[int | None] = mapped_column(ForeignKey("chapter.id"), index=True)
    name: Mapped[str] = text_field(
        200, N_("the name of the firm"), imported=("name",), is_required=True, cleaner=clean_name
    )
    namesake_at: Mapped[datetime | None]  # when it or one of its people took a name that another firm had
    city: Mapped[str] = text_field(120, N_("the city"), imported=("city",), is_searched=True)
    region: Mapped[str] = text_field(60, N_("the region"), imported=("region", "state"), is_searched=True)
    is_remote: Mapped[bool] = mapped_column(default=False, info={"field": ProfileField()})
    summary: Mapped[str] = text_field(
        LONG_TEXT, N_("what the firm does"), is_long=True, imported=("summary",), is_searched=True
    )
    website: Mapped[str] = text_field(200, check=clean_website, imported=("website",))
    phone: Mapped[str] = text_field(40, check=clean_phone, audience=FIRM_PHONE, imported=("phone",))
    email: Mapped[str] = text_field(254, check=clean_email, audience=FIRM_EMAIL, imported=("email",))
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    price_low_minor: Mapped[int | None] = mapped_column(BigInteger, info={"field": ProfileField(audience=PRICES)})
    price_high_minor: Mapped[int | None] = mapped_column(BigInteger, info={"field": ProfileField(audience=PRICES)})
    smallest_deal_minor: Mapped[int | None] = mapped_column(BigInteger, info={"field": ProfileField(audience=PRICES)})
    capacity: Mapped[int | None] = mapped_column(info={"field": ProfileField()})  # projects at a time
    busy: Mapped[int] = mapped_column(default=0, info={"field": ProfileField()})  # projects now
    free_on: Mapped[date | None] = mapped_column(info={"field": ProfileField()})  # the first day with room for one
    best_customers: Mapped[str] = text_field(LONG_TEXT, N_("your best customers"), is_long=True, is_searched=True)
    good_referrals: Mapped[str] = text_field(LONG_TEXT, N_("what a good referral is"), is_long=True, is_searched=True)
    not_a_fit: Mapped[str] = text_field(LONG_TEXT, N_("what is not a fit"), is_long=True)
    industries: Mapped[list[str]] = mapped_column(default=list, info={"field": ProfileField(check=clean_industries)})
    languages: Mapped[list[str]] = mapped_column(default=list, info={"field": ProfileField(check=clean_languages)})
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

    @property
    def country(self) -> str:
        """The country of its chapter, ISO 3166-1; empty where it is not said."""
        return self.chapter.country if self.chapter else ""

    @property
    def is_hidden(self) -> bool:
        """Whether members see nothing of it, since all its people are suspended or have left."""
        return bool(self.members) and not any(member.is_active for member in self.members)

    def price(self, name: str) -> Money | None:
        """One of the prices, such as "price_low"; None where it is not said."""
        minor = getattr(self, f"{name}_minor")
        return None if minor is None else Money(minor, self.currency)


class MemberState(StrEnum):
    """Where a person stands with the network. Whoever was invited is active before they first sign in."""

    PENDING = "pending"  # applied, and not yet let in
    ACTIVE = "active"
    SUSPENDED = "suspended"
    GONE = "gone"  # left, or turned away; what was personal is overwritten


class Member(PublicRow, Base):
    """A person, in one business.

    ``email`` is where the network writes to them, and not shown unless ``audiences`` says so, which maps the fields
    of ``directory.people.audience`` to who may see them. ``refused_email`` is an address of theirs that a mail server
    refused with ``refused_code``, such as "550 5.1.1": while it is theirs, no mail is sent to it. ``sponsor`` is the
    member who let them be asked in, None where a chapter did; ``invited_by`` is who sent the invitation.
    ``spotlight_at`` is their consent to be named in the weekly post, ``public_at`` to stand on the open web,
    ``indexed_at`` to be found there by search engines.
    """

    __tablename__ = "member"

    key: Mapped[str | None] = mapped_column(String(60), unique=True)
    business_id: Mapped[int] = mapped_column(ForeignKey("business.id"), index=True)
    name: Mapped[str] = text_field(MAX_PERSON_NAME, N_("your name"), is_required=True, cleaner=clean_person_name)
    photo: Mapped[str | None] = mapped_column(String(64), info={"audience": PHOTO})  # the sha256 of its file
    video: Mapped[str] = text_field(200, check=clean_video, audience=VIDEO)
    headline: Mapped[str] = text_field(300, N_("the line about you"), audience=HEADLINE, is_searched=True)
    role: Mapped[str] = text_field(120, N_("your role"), is_searched=True)
    phone: Mapped[str] = text_field(40, check=clean_phone, audience=DIRECT_PHONE)
    email: Mapped[str | None] = mapped_column(String(254), unique=True, info={"audience": DIRECT_EMAIL})
    audiences: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[MemberState] = mapped_column(default=MemberState.ACTIVE)
    joined_at: Mapped[datetime]
    invited_at: Mapped[datetime | None]
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    reminded_at: Mapped[datetime | None]  # of the invitation, once
    arrived_at: Mapped[datetime | None]  # first signed in
    refused_email: Mapped[str | None] = mapped_column(String(254))
    refused_code: Mapped[str] = mapped_column(String(20), default="")
    sponsor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    spotlight_at: Mapped[datetime | None]
    sits_out_at: Mapped[datetime | None]  # takes no part in the week's talks
    public_at: Mapped[datetime | None]
    indexed_at: Mapped[datetime | None]
    is_admin: Mapped[bool] = mapped_column(default=False)
    mail_off: Mapped[list[str]] = mapped_column(default=list)  # the kinds of letter they do not want

    business: Mapped[Business] = relationship(back_populates="members")
    sponsor: Mapped["Member | None"] = relationship(remote_side="Member.id", foreign_keys=[sponsor_id])
    invited_by: Mapped["Member | None"] = relationship(remote_side="Member.id", foreign_keys=[invited_by_id])
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
    def is_refused(self) -> bool:
        """Whether a mail server refused the member's address, so that no mail is sent to it."""
        return self.email is not None and self.email == self.refused_email

    @property
    def first_name(self) -> str:
        """What to greet the member by."""
        return name_parts(self.name).greeting


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
    text: Mapped[str] = mapped_column(String(LONG_TEXT))
    why: Mapped[str] = mapped_column(String(300), default="")
    wanted_at: Mapped[datetime]
    shared_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship()
    capability: Mapped[Capability | None] = relationship()


class Band(Row, Base):
    """What is published of all ratings of a member: a band per dimension, 1 to 3, as frozen at ``frozen_at``.

    One that is not shown, both 0, says no more than no row does. It stays so that nobody gets a new look at it too
    soon, and for what chance adds to the raters and the changed views that the next one takes.
    """

    __tablename__ = "band"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), unique=True)
    warmth: Mapped[int]
    competence: Mapped[int]
    frozen_at: Mapped[datetime | None]  # None: it was never shown
    extra_raters: Mapped[int] = mapped_column(default=0)
    extra_changes: Mapped[int] = mapped_column(default=0)
    departed: Mapped[int] = mapped_column(default=0)  # raters whose ratings were deleted since it appeared
