"""Offers: a member is asked for seats of a lead; their answer, and who is asked next. Its verbs are beside it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ForeignKey, Index, Table, Text, func, select
from sqlalchemy.orm import Mapped, Session, contains_eager, joinedload, mapped_column, relationship, selectinload

from directory.db import Base, PublicRow
from directory.leads.lead import Lead
from directory.local_format import LocalFormat, day_text, time_text
from directory.people.chapter import Chapter
from directory.people.tables import Business, Member
from directory.taxonomy.capability import Capability
from directory.translation import gettext as _
from directory.translation import join_as_list


class OfferState(StrEnum):
    """What became of an offer."""

    HELD = "held"  # the client is asked first, and who is to have the lead does not know of it yet
    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"  # also by who had accepted and cannot after all
    EXPIRED = "expired"  # no answer in time, or nobody was reached by phone
    WITHDRAWN = "withdrawn"  # by who asked, or because the lead is closed
    TAKEN = "taken"  # somebody else was faster


class DeclineReason(StrEnum):
    """Why somebody says no."""

    NO_TIME = "no time"
    TOO_SMALL = "too small"
    TOO_FAR = "too far"
    NOT_OUR_TRADE = "not our trade"
    CONFLICT = "conflict"  # of interest, or with the client


class Done(StrEnum):
    """What somebody who hands a client over has done for it already, the least first."""

    TOLD = "told"
    MATERIAL = "material"
    SPOKE = "spoke"
    CALL = "call"
    INTRODUCED = "introduced"


OFFER_CHANGES: Mapping[OfferState, frozenset[OfferState]] = {
    OfferState.HELD: frozenset({OfferState.PENDING, OfferState.WITHDRAWN}),
    OfferState.PENDING: frozenset(set(OfferState) - {OfferState.PENDING, OfferState.HELD}),
    OfferState.ACCEPTED: frozenset({OfferState.DECLINED, OfferState.WITHDRAWN, OfferState.PENDING}),
    OfferState.DECLINED: frozenset({OfferState.PENDING, OfferState.WITHDRAWN}),  # taken back before anybody acted on it
    # A late yes is a yes while the seat is free.
    OfferState.EXPIRED: frozenset({OfferState.ACCEPTED, OfferState.PENDING, OfferState.WITHDRAWN}),
    OfferState.TAKEN: frozenset({OfferState.PENDING}),  # who was faster took it back
    OfferState.WITHDRAWN: frozenset(),
}

# How long nothing is heard of a lead that was handed over, or of a client who is asked, until somebody is reminded.
SILENCES = (timedelta(days=3), timedelta(days=7), timedelta(days=14), timedelta(days=21))

offer_seat = Table(
    "offer_seat",
    Base.metadata,
    Column("offer_id", ForeignKey("offer.id"), primary_key=True),
    Column("capability_id", ForeignKey("capability.id"), primary_key=True, index=True),
)


class Offer(PublicRow, Base):
    """``by`` asks ``member`` of ``business`` for the seats of ``capabilities``, or for the whole lead without any.

    ``member`` is None for a firm without members, which somebody called. ``answered_by`` is the member, the bringer who
    records a call, or None where a job or another's answer ended it. ``then_ids`` are the members to ask next, in their
    order. ``settled_at``: since when its end is dealt with, that is, the bringer told and the next one asked.
    With ``makes_bringer`` it is a referral: ``done`` is what ``by`` did for it already. ``chase_at``: when somebody is
    reminded of it next, with the ``chased``-th of SILENCES.
    """

    __tablename__ = "offer"

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    business_id: Mapped[int] = mapped_column(ForeignKey("business.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    makes_bringer: Mapped[bool] = mapped_column(default=False)  # with a yes the lead is theirs
    words: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[OfferState] = mapped_column(default=OfferState.PENDING)
    reason: Mapped[DeclineReason | None]
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)
    then_ids: Mapped[list[int]] = mapped_column(default=list)
    settled_at: Mapped[datetime | None]
    done: Mapped[list[str]] = mapped_column(default=list)
    chased: Mapped[int] = mapped_column(default=0)
    chase_at: Mapped[datetime | None] = mapped_column(index=True)

    lead: Mapped[Lead] = relationship()
    business: Mapped[Business] = relationship()
    member: Mapped[Member | None] = relationship(foreign_keys=[member_id])
    by: Mapped[Member] = relationship(foreign_keys=[by_id])
    capabilities: Mapped[list[Capability]] = relationship(secondary=offer_seat, order_by=Capability.id)

    @property
    def called(self) -> str:
        """What the bringer calls who is asked: the member's first name, else the firm."""
        return self.member.first_name if self.member else self.business.name

    @property
    def work(self) -> str:
        """What they are asked to do, as a list of names."""
        return join_as_list([capability.name for capability in self.capabilities]) or _("the whole lead")

    @property
    def done_text(self) -> str:
        """What the giver did already, in a sentence; empty where they did nothing yet."""
        said = [text for value, text in done_texts().items() if value in self.done]
        return _("%(name)s %(done)s.", name=self.by.first_name, done=join_as_list(said)) if said else ""

    @property
    def is_asked(self) -> bool:
        """Whether they were asked by mail, not by phone alone."""
        return self.due_at > self.asked_at

    @property
    def question(self) -> str:
        """The event of the letter that asks."""
        return f"offer-{self.public_id}"

    @property
    def notice(self) -> str:
        """The event of the letter that tells them what a call settled."""
        return f"offer-noted-{self.public_id}"

    @property
    def is_noted(self) -> bool:
        """Whether the bringer recorded the answer, after a call."""
        return self.answered_by_id is not None and self.answered_by_id != self.member_id

    @property
    def due(self) -> str:
        """Its deadline, as members of the asked firm's chapter write it."""
        return due_text(self.due_at, self.business.chapter)

    @property
    def told(self) -> str:
        """What became of it, as the bringer reads it; empty where it was taken back."""
        name = self.called
        if self.state is OfferState.HELD:
            return _("the client is asked first, then %(name)s", name=name)
        if self.state is OfferState.PENDING:
            return _("%(name)s is asked, until %(due)s", name=name, due=self.due)
        if self.state is OfferState.ACCEPTED:
            return _("%(name)s took it over", name=name) if self.makes_bringer else _("%(name)s is in", name=name)
        if self.state is OfferState.DECLINED:
            why = f" ({reason_text(self.reason)})" if self.reason else ""
            return _("%(name)s cannot do it%(why)s", name=name, why=why)
        if self.state is OfferState.EXPIRED:
            return (
                _("%(name)s was not reached", name=name) if self.is_noted else _("no answer from %(name)s", name=name)
            )
        return _("%(name)s need not answer", name=name) if self.is_asked else ""

    def chase_after(self, now: datetime, chased: int = 0) -> None:
        """Remind somebody of it when nothing is heard from ``now`` on for the ``chased``-th of SILENCES."""
        self.chased, self.chase_at = chased, now + SILENCES[chased]

    def overlaps(self, capability_ids: set[int]) -> bool:
        """Whether it asks for one of these seats; the whole lead, which is the empty set, is every seat."""
        mine = {capability.id for capability in self.capabilities}
        return not mine or not capability_ids or not mine.isdisjoint(capability_ids)


# Few offers wait at any time; nearly all are settled.
Index(
    "ix_offer_settled_at",
    Offer.due_at,
    sqlite_where=Offer.settled_at.is_(None),
    postgresql_where=Offer.settled_at.is_(None),
)


def offers_of(session: Session, *, lead: Lead) -> Sequence[Offer]:
    """Return the offers of a lead, the oldest first."""
    return session.scalars(select(Offer).where(Offer.lead_id == lead.id).order_by(Offer.id)).all()


def accepted_offers(session: Session, *, member: Member, limit: int = 20) -> Sequence[Offer]:
    """Return the member's parts of other members' open leads, the newest first."""
    mine = select(Offer).join(Offer.lead).where(Offer.member_id == member.id, Offer.state == OfferState.ACCEPTED)
    mine = mine.where(Lead.closed_at.is_(None), ~Offer.makes_bringer).order_by(Offer.id.desc()).limit(limit)
    loads = contains_eager(Offer.lead).joinedload(Lead.business), selectinload(Offer.capabilities)
    return session.scalars(mine.options(*loads)).all()


def told_no_time(session: Session, *, by: Member, since: datetime) -> dict[int, datetime]:
    """Return the firms that told the member since then that they had no time, for any lead, by their id, and when."""
    said = select(Offer.business_id, func.max(Offer.answered_at)).where(Offer.by_id == by.id)
    said = said.where(Offer.reason == DeclineReason.NO_TIME, Offer.answered_at > since).group_by(Offer.business_id)
    return {firm: at for firm, at in session.execute(said) if at is not None}


def due_text(due_at: datetime, chapter: Chapter | None) -> str:
    """Return a deadline as members of the chapter write it: its day and hour there."""
    writes = chapter.local_format if chapter else LocalFormat()
    local = due_at.astimezone(ZoneInfo(chapter.zone if chapter else "UTC"))
    return f"{day_text(local.date(), local.date(), writes)}, {time_text(local, writes)}"


def reason_text(reason: DeclineReason) -> str:
    """Return a reason as the page and the letters say it."""
    return {
        DeclineReason.NO_TIME: _("no time"),
        DeclineReason.TOO_SMALL: _("too small"),
        DeclineReason.TOO_FAR: _("too far"),
        DeclineReason.NOT_OUR_TRADE: _("not our trade"),
        DeclineReason.CONFLICT: _("a conflict of interest"),
    }[reason]


def done_texts() -> dict[Done, str]:
    """Return what a giver may have done already, as the slip asks for it and the receiver reads it."""
    return {
        Done.TOLD: _("told them to expect a call"),
        Done.MATERIAL: _("sent them material"),
        Done.SPOKE: _("put in a good word"),
        Done.CALL: _("arranged a call"),
        Done.INTRODUCED: _("introduced them in person"),
    }


def hand_overs(session: Session, *, lead: Lead) -> Sequence[Offer]:
    """Return the offers by which the lead went from hand to hand, the first hop first."""
    taken = select(Offer).where(Offer.lead_id == lead.id, Offer.makes_bringer, Offer.state == OfferState.ACCEPTED)
    return session.scalars(taken.order_by(Offer.answered_at, Offer.id)).all()


def passed_on(session: Session, *, member: Member, limit: int = 20) -> Sequence[Offer]:
    """Return the leads that the member handed over and that somebody took, or of which the client is asked first."""
    states = (OfferState.HELD, OfferState.ACCEPTED)
    given = select(Offer).where(Offer.by_id == member.id, Offer.makes_bringer, Offer.state.in_(states))
    people = (joinedload(Offer.member), joinedload(Offer.business), joinedload(Offer.lead))
    return session.scalars(given.options(*people).order_by(Offer.id.desc()).limit(limit)).all()
