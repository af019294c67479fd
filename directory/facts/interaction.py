"""Interactions: "we worked together" or "we met", said by one, confirmed by the other; may be in the past."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, String, and_, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory import rate_limit
from directory.audit import record
from directory.db import Base, PublicRow, bump_world
from directory.errors import Conflict, Invalid, Refused
from directory.outbox import mail
from directory.people.member import lock_members
from directory.people.tables import Member
from directory.text import clean_line
from directory.translation import gettext as _

LETTERS, WEEK = 100, timedelta(days=7)  # of one member; what is said beyond waits on the others' day
_EARLIEST = date(1950, 1, 1)
_DATE_LINE = timedelta(hours=14)  # it may be tomorrow already where the member is


class InteractionKind(StrEnum):
    """What the two did."""

    WORKED = "worked"
    MET = "met"


class Interaction(PublicRow, Base):
    """``said_by`` says it, ``other`` confirms it; a fact, and shareable, from ``confirmed_at`` on.

    A declined one stays, unseen: to who said it it looks like one that waits, and the other is not asked again.
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
    """One of the two says so. Where the other had said the same of that year, this confirms it.

    Raises Invalid for a day in the future, Refused for people of one firm, Conflict where it was said before.
    """
    if said_by.business_id == other.business_id:
        raise Refused(_("Say this of somebody at another firm; you two share one."))
    if not _EARLIEST <= happened_on <= (now + _DATE_LINE).date():
        raise Invalid(_("Choose a day that has been."), field="happened_on")
    lock_members(session, said_by, other)
    before = session.scalar(
        select(Interaction)
        .where(interactions_between(said_by.id, other.id), Interaction.kind == kind)
        .where(Interaction.happened_on.between(date(happened_on.year, 1, 1), date(happened_on.year, 12, 31)))
    )
    if before is not None and before.said_by_id == other.id and before.confirmed_at is None:
        confirm(session, interaction=before, by=said_by, now=now)
        return before
    if before is not None:
        message = _("You two have this for %(year)s already.", year=happened_on.year)
        raise Conflict(message, field="happened_on")
    said = Interaction(
        said_by_id=said_by.id,
        other_id=other.id,
        kind=kind,
        note=clean_line(note, field="note", what=_("the note"), limit=300, required=False),
        happened_on=happened_on,
        said_at=now,
    )
    session.add(said)
    session.flush()
    if rate_limit.consume_allowance(session, key=f"interaction {said_by.id}", most=LETTERS, within=WEEK, now=now):
        words = {"kind": kind.value, "year": str(happened_on.year), "note": said.note}
        mail.enqueue_question(
            session, "interaction", said, by=said_by, to=other, event=_event(said), words=words, now=now
        )
    return said


def record_meeting(session: Session, *, said_by: Member, other: Member, on: date, now: datetime) -> None:
    """One of the two says that they met, unless they have it for that year already. Raises as ``say`` else."""
    try:
        with session.begin_nested():
            record_interaction(session, said_by=said_by, other=other, kind=InteractionKind.MET, happened_on=on, now=now)
    except Conflict:
        return


def confirm(session: Session, *, interaction: Interaction, by: Member, now: datetime) -> None:
    """The other says it is so: a shareable fact from now on. Raises Refused for anybody else."""
    _answer(session, interaction, by, confirmed_at=interaction.confirmed_at or now, declined_at=None, now=now)


def decline(session: Session, *, interaction: Interaction, by: Member, now: datetime) -> None:
    """The other says it was not so. Raises Refused for anybody else, Conflict once it is confirmed."""
    if interaction.confirmed_at is not None:
        raise Conflict(_("You both said so; it stays."))
    _answer(session, interaction, by, confirmed_at=None, declined_at=now, now=now)


def reopen(session: Session, *, interaction: Interaction, by: Member, now: datetime) -> None:
    """The other takes either answer back: it waits again. Raises Refused for anybody else."""
    _answer(session, interaction, by, confirmed_at=None, declined_at=None, now=now)


def withdraw(session: Session, *, interaction: Interaction, by: Member, now: datetime) -> None:
    """Who said it takes it back; it is gone. Raises Refused for anybody else, Conflict once it is confirmed."""
    if by.id != interaction.said_by_id:
        raise Refused(_("Only the person who said this can take it back."))
    if interaction.confirmed_at is not None:
        raise Conflict(_("You both said so; it stays."))
    _record(session, interaction, "withdraw", by, now)
    mail.recall(session, event=_event(interaction), to=interaction.other)
    session.delete(interaction)
    session.flush()


def _event(said: Interaction) -> str:
    """One letter for each thing the two did, however often it is said and taken back."""
    return f"interaction-{said.kind}-{said.happened_on.year}-{said.said_by.public_id}"


def _answer(
    session: Session,
    interaction: Interaction,
    by: Member,
    *,
    confirmed_at: datetime | None,
    declined_at: datetime | None,
    now: datetime,
) -> None:
    if by.id != interaction.other_id:
        raise Refused(_("Only the person it was said of can answer this."))
    interaction.confirmed_at, interaction.declined_at = confirmed_at, declined_at
    mail.recall(session, event=_event(interaction), to=by)
    _record(session, interaction, "confirm" if confirmed_at else "decline" if declined_at else "reopen", by, now)
    bump_world(session)


def have_met(session: Session, one: Member, other: Member) -> bool:
    """Whether a confirmed interaction joins the two."""
    met = select(func.count()).where(interactions_between(one.id, other.id), Interaction.confirmed_at.is_not(None))
    return bool(session.scalar(met))


def interactions_between(one_id: int, other_id: int) -> ColumnElement[bool]:
    """The condition for interactions of these two, whoever said it."""
    return or_(
        and_(Interaction.said_by_id == one_id, Interaction.other_id == other_id),
        and_(Interaction.said_by_id == other_id, Interaction.other_id == one_id),
    )


def _record(session: Session, interaction: Interaction, act: str, by: Member, now: datetime) -> None:
    record(session, actor_id=by.id, action=f"interaction.{act}", object=f"interaction {interaction.public_id}", now=now)
