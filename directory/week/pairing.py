"""Pairings: the week's one-to-one of two members, which either of them marks as kept, missed or declined."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, String, or_, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from directory.db import Base, PublicRow
from directory.errors import Conflict, Invalid, Refused
from directory.facts import interaction
from directory.facts.interaction import Interaction, InteractionKind
from directory.outbox.occurrence import Occurrence
from directory.people.chapter import Chapter
from directory.people.tables import Member
from directory.text import clean_line, clean_text
from directory.translation import gettext as _

DURATION = timedelta(minutes=45)
MAX_DISTANCE = timedelta(days=120)  # from now; a meeting further away is a wrong year


class PairingState(StrEnum):
    """How the one-to-one went. ``declined``: one of the two sits it out; the other is not told which."""

    PROPOSED = "proposed"
    KEPT = "kept"
    MISSED = "missed"
    DECLINED = "declined"


class Pairing(PublicRow, Base):
    """Two members of a chapter, paired in one of its weeks; only the two read what they arranged."""

    __tablename__ = "pairing"
    __table_args__ = (CheckConstraint("one_id <> other_id", name="two_people"),)

    occurrence_id: Mapped[int] = mapped_column(ForeignKey("occurrence.id"), index=True)
    one_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    paired_at: Mapped[datetime]
    state: Mapped[PairingState] = mapped_column(default=PairingState.PROPOSED)
    said_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # who said how it went
    meets_at: Mapped[datetime | None]
    moves: Mapped[int] = mapped_column(default=0)  # how often the time or place changed; the SEQUENCE of RFC 5545
    place: Mapped[str] = mapped_column(String(200), default="")  # or a telephone number, or the address of a call
    topics: Mapped[str] = mapped_column(String(1000), default="")
    next_step: Mapped[str] = mapped_column(String(300), default="")

    occurrence: Mapped[Occurrence] = relationship()
    one: Mapped[Member] = relationship(foreign_keys=[one_id])
    other: Mapped[Member] = relationship(foreign_keys=[other_id])

    def partner(self, member: Member) -> Member:
        """The other of the two."""
        return self.other if member.id == self.one_id else self.one

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of their chapter."""
        return ZoneInfo(self.occurrence.chapter.zone)


def is_paired(member: Member) -> ColumnElement[bool]:
    """Return the condition for pairings that the member is in."""
    return or_(Pairing.one_id == member.id, Pairing.other_id == member.id)


def latest_pairings(session: Session, *, chapter: Chapter) -> Sequence[Pairing]:
    """Return the pairings of the chapter's newest week that has been paired, without declined ones."""
    paired = select(Occurrence.id).where(Occurrence.chapter_id == chapter.id, Occurrence.paired_at.is_not(None))
    newest = paired.order_by(Occurrence.due_at.desc()).limit(1).scalar_subquery()
    query = select(Pairing).where(Pairing.occurrence_id == newest, Pairing.state != PairingState.DECLINED)
    loaded = query.options(joinedload(Pairing.one), joinedload(Pairing.other))
    return session.scalars(loaded.order_by(Pairing.id)).all()


def take_part(session: Session, *, member: Member, takes_part: bool, now: datetime) -> None:
    """Let the member be paired in the weeks to come, or not."""
    member.sits_out_at = None if takes_part else member.sits_out_at or now
    session.flush()


def arrange_meeting(
    session: Session,
    *,
    pairing: Pairing,
    by: Member,
    meets_at: datetime | None,
    place: str,
    topics: str,
    next_step: str,
    now: datetime,
) -> None:
    """Store when and where the two meet, the topics and the next step.

    ``meets_at`` is local to the chapter, without a zone. Raises Invalid, and then changes nothing; Refused for anybody
    but the two.
    """
    _require_participant(pairing, by)
    at = None if meets_at is None else meets_at.replace(tzinfo=pairing.zone)
    if at is not None and at != pairing.meets_at and not now - MAX_DISTANCE < at < now + MAX_DISTANCE:
        raise Invalid(_("Choose a day in the next few months."), field="meets_at")
    texts = (
        clean_line(place, field="place", what=_("the place"), limit=200, required=False),
        clean_text(topics, field="topics", what=_("what you want to talk about"), limit=1000, required=False),
        clean_line(next_step, field="next_step", what=_("what comes next"), limit=300, required=False),
    )
    if pairing.meets_at is not None and (at, texts[0]) != (pairing.meets_at, pairing.place):
        pairing.moves += 1
    pairing.meets_at, (pairing.place, pairing.topics, pairing.next_step) = at, texts
    session.flush()


def mark_kept(session: Session, *, pairing: Pairing, by: Member, now: datetime) -> None:
    """Mark that they met: a fact once the other confirms it, as every interaction. Raises as ``decline`` does."""
    _answer(session, pairing, by, PairingState.KEPT)
    today = now.astimezone(pairing.zone).date()
    interaction.record_meeting(session, said_by=by, other=pairing.partner(by), on=today, now=now)


def mark_missed(session: Session, *, pairing: Pairing, by: Member, now: datetime) -> None:
    """Mark that it did not come about; nobody asks why. Raises as ``decline`` does."""
    _answer(session, pairing, by, PairingState.MISSED)


def decline(session: Session, *, pairing: Pairing, by: Member, now: datetime) -> None:
    """Leave it out this time; the two are not paired again for half a year.

    Raises Refused for anybody but the two, Conflict where the other one has answered.
    """
    _answer(session, pairing, by, PairingState.DECLINED)


def reopen(session: Session, *, pairing: Pairing, by: Member, now: datetime) -> None:
    """Take back one's answer, and the interaction that it recorded, unless that is confirmed.

    Raises Refused for anybody but who answered.
    """
    if pairing.said_by_id != by.id:
        raise Refused(_("Only the person who said this can withdraw it."))
    was_kept = pairing.state is PairingState.KEPT
    pairing.state, pairing.said_by_id = PairingState.PROPOSED, None
    year = now.astimezone(pairing.zone).year
    unconfirmed = select(Interaction).filter_by(
        said_by_id=by.id, other_id=pairing.partner(by).id, kind=InteractionKind.MET, confirmed_at=None
    )
    for fact in session.scalars(unconfirmed) if was_kept else ():
        if fact.happened_on.year == year and fact.said_at >= pairing.paired_at:
            interaction.withdraw(session, interaction=fact, by=by, now=now)
    session.flush()


def _answer(session: Session, pairing: Pairing, by: Member, state: PairingState) -> None:
    _require_participant(pairing, by)
    if pairing.state is not PairingState.PROPOSED and pairing.said_by_id != by.id:
        raise Conflict(_("%(name)s has already said how it went.", name=pairing.partner(by).first_name))
    pairing.state, pairing.said_by_id = state, by.id
    session.flush()


def _require_participant(pairing: Pairing, by: Member) -> None:
    if by.id not in (pairing.one_id, pairing.other_id):
        raise Refused(_("Only the two of them can say this."))
