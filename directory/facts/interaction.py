"""Interactions: "we worked together" or "we met", stated by one member and confirmed by the other."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from sqlalchemy import CheckConstraint, ColumnElement, CompoundSelect, ForeignKey, String, and_, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory import rate_limit
from directory.audit import record
from directory.db import Base, PublicRow
from directory.errors import Conflict, Invalid, Refused
from directory.outbox import mail
from directory.people.member import lock_members
from directory.people.tables import Member
from directory.text import clean_line
from directory.translation import gettext as _

WEEKLY_MAILS, WEEK = 100, timedelta(days=7)  # one member's mails to others; what is beyond only shows on their day page
_EARLIEST = date(1950, 1, 1)
_DATE_LINE = timedelta(hours=14)  # in the member's time zone it may already be tomorrow


class InteractionKind(StrEnum):
    """What the two did."""

    WORKED = "worked"
    MET = "met"


class Interaction(PublicRow, Base):
    """``said_by`` states it, ``other`` confirms it. From ``confirmed_at`` on it is a fact that may be shared.

    ``happened_on`` may be long ago. A declined row is kept but hidden: ``said_by`` sees it as still waiting, and the
    other is not asked again.
    """

    __tablename__ = "interaction"
    __table_args__ = (CheckConstraint("said_by_id <> other_id", name="two_people"),)

    said_by_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    kind: Mapped[InteractionKind]
    note: Mapped[str] = mapped_column(String(300), default="")
    happened_on: Mapped[date]
    said_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]

    said_by: Mapped[Member] = relationship(foreign_keys=[said_by_id])
    other: Mapped[Member] = relationship(foreign_keys=[other_id])


def record_interaction(
    session: Session,
    *,
    said_by: Member,
    other: Member,
    kind: InteractionKind,
    happened_on: date,
    note: str = "",
    now: datetime,
) -> Interaction:
    """Record an interaction, or confirm it if the other has stated the same kind for that year.

    Raises Invalid for a day in the future or before 1950, Refused for two people of one firm, and Conflict if the pair
    already has this kind for that year.
    """
    if said_by.business_id == other.business_id:
        raise Refused(_("You can say this only about somebody at another firm."))
    if not _EARLIEST <= happened_on <= (now + _DATE_LINE).date():
        raise Invalid(_("Choose today or an earlier day."), field="happened_on")
    lock_members(session, said_by, other)
    existing = session.scalar(
        select(Interaction)
        .where(interactions_between(said_by.id, other.id), Interaction.kind == kind)
        .where(Interaction.happened_on.between(date(happened_on.year, 1, 1), date(happened_on.year, 12, 31)))
    )
    if existing is not None and existing.said_by_id == other.id and existing.confirmed_at is None:
        confirm(session, interaction=existing, by=said_by, now=now)
        return existing
    if existing is not None:
        message = _("You two already have this for %(year)s.", year=happened_on.year)
        raise Conflict(message, field="happened_on")
    interaction = Interaction(
        said_by_id=said_by.id,
        other_id=other.id,
        kind=kind,
        note=clean_line(note, field="note", what=_("the note"), limit=300, required=False),
        happened_on=happened_on,
        said_at=now,
    )
    session.add(interaction)
    session.flush()
    if rate_limit.consume_allowance(session, key=f"interaction {said_by.id}", limit=WEEKLY_MAILS, within=WEEK, now=now):
        words = {"kind": kind.value, "year": str(happened_on.year), "note": interaction.note}
        mail.enqueue_question(
            session, "interaction", interaction, by=said_by, to=other, event=_event(interaction), words=words, now=now
        )
    return interaction


def record_meeting(session: Session, *, said_by: Member, other: Member, on: date, now: datetime) -> None:
    """Record that the two met, unless they have that for the year already.

    Raises Invalid and Refused as ``record_interaction`` does.
    """
    with suppress(Conflict), session.begin_nested():
        record_interaction(session, said_by=said_by, other=other, kind=InteractionKind.MET, happened_on=on, now=now)


def confirm(session: Session, *, interaction: Interaction, by: Member, now: datetime) -> None:
    """Confirm the interaction, which may be shared from now on. Raises Refused for anybody but ``other``."""
    _answer(session, interaction, by, "confirm", now)


def decline(session: Session, *, interaction: Interaction, by: Member, now: datetime) -> None:
    """Record that ``other`` denies the interaction.

    Raises Refused for anybody else, Conflict once it is confirmed.
    """
    if interaction.confirmed_at is not None:
        raise Conflict(_("You both said so, so it stays."))
    _answer(session, interaction, by, "decline", now)


def reopen(session: Session, *, interaction: Interaction, by: Member, now: datetime) -> None:
    """Take back ``other``'s answer: the interaction waits for it again. Raises Refused for anybody else."""
    _answer(session, interaction, by, "reopen", now)


def withdraw(session: Session, *, interaction: Interaction, by: Member, now: datetime) -> None:
    """Delete the interaction.

    Raises Refused for anybody but ``said_by``, Conflict once it is confirmed.
    """
    if by.id != interaction.said_by_id:
        raise Refused(_("Only the person who said this can withdraw it."))
    if interaction.confirmed_at is not None:
        raise Conflict(_("You both said so, so it stays."))
    record(session, actor_id=by.id, action="interaction.withdraw", object=interaction, now=now)
    mail.recall(session, event=_event(interaction), to=interaction.other)
    session.delete(interaction)
    session.flush()


def _event(interaction: Interaction) -> str:
    """Return the mail event: one for each kind, year and author, so that stating it again sends no second mail."""
    return f"interaction-{interaction.kind}-{interaction.happened_on.year}-{interaction.said_by.public_id}"


def _answer(
    session: Session, interaction: Interaction, by: Member, act: Literal["confirm", "decline", "reopen"], now: datetime
) -> None:
    if by.id != interaction.other_id:
        raise Refused(_("Only the person it is about can answer this."))
    interaction.confirmed_at = (interaction.confirmed_at or now) if act == "confirm" else None
    interaction.declined_at = now if act == "decline" else None
    mail.recall(session, event=_event(interaction), to=by)
    record(session, actor_id=by.id, action=f"interaction.{act}", object=interaction, now=now)
    session.flush()


def have_met(session: Session, one: Member, other: Member) -> bool:
    """Whether the two have a confirmed interaction, of either kind."""
    met = select(func.count()).where(interactions_between(one.id, other.id), Interaction.confirmed_at.is_not(None))
    return bool(session.scalar(met))


def met_by(member: Member) -> CompoundSelect[int]:
    """Select the ids of everybody whom the member met or worked with, as both confirmed."""
    confirmed = Interaction.confirmed_at.is_not(None)
    stated = select(Interaction.other_id).where(Interaction.said_by_id == member.id, confirmed)
    received = select(Interaction.said_by_id).where(Interaction.other_id == member.id, confirmed)
    return stated.union(received)


def interactions_between(one_id: int, other_id: int) -> ColumnElement[bool]:
    """Return the condition for interactions of these two, whichever of them is ``said_by``."""
    return or_(
        and_(Interaction.said_by_id == one_id, Interaction.other_id == other_id),
        and_(Interaction.said_by_id == other_id, Interaction.other_id == one_id),
    )
