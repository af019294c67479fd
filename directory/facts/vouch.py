"""Vouches: one member's public recommendation of another, shown only once its receiver accepts it."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, String, UniqueConstraint, and_, or_, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from directory import rate_limit
from directory.audit import record
from directory.db import Base, PublicRow
from directory.errors import Conflict, Invalid, Refused
from directory.facts.interaction import WEEK, WEEKLY_MAILS
from directory.outbox import mail
from directory.people.member import lock_members
from directory.people.tables import Member
from directory.taxonomy.capability import Capability
from directory.text import clean_line, clean_text
from directory.translation import gettext as _


class Vouch(PublicRow, Base):
    """``giver`` recommends ``receiver``; with a capability it raises the claim of the receiver's firm to vouched.

    A declined row is kept but hidden: its giver sees it as still waiting, and the receiver is not asked again.
    """

    __tablename__ = "vouch"
    __table_args__ = (
        CheckConstraint("giver_id <> receiver_id", name="two_people"),
        UniqueConstraint("giver_id", "receiver_id", "capability_id"),
    )

    giver_id: Mapped[int] = mapped_column(ForeignKey("member.id"))
    receiver_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    capability_id: Mapped[int | None] = mapped_column(ForeignKey("capability.id"), index=True)
    text: Mapped[str] = mapped_column(String(600))
    known_as: Mapped[str] = mapped_column(String(200))  # how they know each other
    given_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]

    giver: Mapped[Member] = relationship(foreign_keys=[giver_id])
    receiver: Mapped[Member] = relationship(foreign_keys=[receiver_id])
    capability: Mapped[Capability | None] = relationship()


def vouch(
    session: Session,
    *,
    giver: Member,
    receiver: Member,
    text: str,
    known_as: str,
    capability: Capability | None = None,
    now: datetime,
) -> Vouch:
    """Create a vouch, which waits for its receiver.

    Raises Invalid, Refused for two people of one firm, Conflict for a second one on the same capability (or none).
    """
    if giver.business_id == receiver.business_id:
        raise Refused(_("You can recommend only people at other firms."))
    text = clean_text(text, field="text", what=_("your recommendation"), limit=600)
    if len(text) < 10:
        raise Invalid(_("Say a little more, in a sentence."), field="text")
    row = Vouch(
        giver_id=giver.id,
        receiver_id=receiver.id,
        capability_id=capability.id if capability else None,
        text=text,
        known_as=clean_line(known_as, field="known_as", what=_("how you know each other"), limit=200),
        given_at=now,
    )
    lock_members(session, giver, receiver)
    existing = select(Vouch.id).where(
        *(Vouch.giver_id == giver.id, Vouch.receiver_id == receiver.id),
        Vouch.capability_id.is_not_distinct_from(row.capability_id),
    )
    if session.scalar(existing) is not None:
        message = _(
            "You already recommended %(name)s for this. Withdraw that first to write a new one.", name=receiver.name
        )
        raise Conflict(message, field="capability")
    session.add(row)
    session.flush()
    if rate_limit.consume_allowance(session, key=f"vouch {giver.id}", limit=WEEKLY_MAILS, within=WEEK, now=now):
        words = {"text": text, "capability": capability.name if capability else ""}
        mail.enqueue_question(session, "vouch", row, by=giver, to=receiver, event=_event(row), words=words, now=now)
    return row


def accept(session: Session, *, vouch: Vouch, by: Member, now: datetime) -> None:
    """Record that the receiver lets it be shown. Raises Refused for anybody else."""
    _answer(session, vouch, by, "accept", now)


def decline(session: Session, *, vouch: Vouch, by: Member, now: datetime) -> None:
    """Record that the receiver does not let it be shown, or no longer does. Raises Refused for anybody else."""
    _answer(session, vouch, by, "decline", now)


def reopen(session: Session, *, vouch: Vouch, by: Member, now: datetime) -> None:
    """Take back the receiver's answer: the vouch waits for it again. Raises Refused for anybody else."""
    _answer(session, vouch, by, "reopen", now)


def withdraw(session: Session, *, vouch: Vouch, by: Member, now: datetime) -> None:
    """Delete the vouch. Raises Refused for anybody but its giver."""
    if by.id != vouch.giver_id:
        raise Refused(_("Only the person who gave this recommendation can withdraw it."))
    record(session, actor_id=by.id, action="vouch.withdraw", object=vouch, now=now)
    mail.recall(session, event=_event(vouch), to=vouch.receiver)
    session.delete(vouch)
    session.flush()


def _event(vouch: Vouch) -> str:
    """Return the mail event: one for each giver and capability, so that a rewritten vouch sends no second mail."""
    return f"vouch-{vouch.giver.public_id}-{vouch.capability_id or 0}"


def _answer(
    session: Session, vouch: Vouch, by: Member, act: Literal["accept", "decline", "reopen"], now: datetime
) -> None:
    if by.id != vouch.receiver_id:
        raise Refused(_("Only the person it recommends can answer this."))
    vouch.accepted_at = now if act == "accept" else None
    vouch.declined_at = now if act == "decline" else None
    mail.recall(session, event=_event(vouch), to=by)
    record(session, actor_id=by.id, action=f"vouch.{act}", object=vouch, now=now)
    session.flush()


def shown_vouches(session: Session, *, member: Member) -> list[Vouch]:
    """Return the accepted vouches for the member, newest first, without those of inactive givers."""
    return _shown(session, Vouch.receiver_id == member.id)


def shown_between(session: Session, *, one: Member, other: Member) -> tuple[list[Vouch], list[Vouch]]:
    """Return the accepted vouches for ``other``, and those of the two for each other, in one query."""
    either = or_(Vouch.receiver_id == other.id, and_(Vouch.receiver_id == one.id, Vouch.giver_id == other.id))
    shown = _shown(session, either)
    pair = {one.id, other.id}
    between = [vouch for vouch in shown if {vouch.giver_id, vouch.receiver_id} == pair]
    return [vouch for vouch in shown if vouch.receiver_id == other.id], between


def newest_shown(session: Session, member_ids: Collection[int]) -> dict[int, Vouch]:
    """Return the newest accepted vouch for each member who has one, by member id, in one query."""
    shown = _shown(session, Vouch.receiver_id.in_(member_ids))
    return {vouch.receiver_id: vouch for vouch in reversed(shown)}


def _shown(session: Session, condition: ColumnElement[bool]) -> list[Vouch]:
    """Return the accepted vouches of active givers, newest first."""
    vouches = (
        select(Vouch)
        .join(Vouch.giver)
        .where(Member.is_active, Vouch.accepted_at.is_not(None), condition)
        .options(joinedload(Vouch.giver).joinedload(Member.business), joinedload(Vouch.capability))
    )
    return list(session.scalars(vouches.order_by(Vouch.given_at.desc(), Vouch.id.desc())))
