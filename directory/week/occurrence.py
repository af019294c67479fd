"""Occurrences: one turn of a chapter's week, (chapter, local date), once and only once."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from directory import audit
from directory.db import Base, PublicRow, new_public_id
from directory.errors import Conflict
from directory.language import gettext
from directory.people.chapter import Chapter
from directory.people.member import Member

if TYPE_CHECKING:
    from directory.week.mention import Mention

CATCH_UP = timedelta(hours=12)  # so long after its instant a missed turn still takes place, later it is skipped
WEEK = timedelta(days=7)


class Occurrence(PublicRow, Base):
    """A chapter's slot on ``local_date``; ``due_at`` is that day's post time in its zone, as an instant.

    A turn that a person lets go after its time is due at once, so that its ``due_at`` is later.
    """

    __tablename__ = "occurrence"
    __table_args__ = (UniqueConstraint("chapter_id", "local_date"), Index("ix_occurrence_due_at", "due_at"))

    chapter_id: Mapped[int] = mapped_column(ForeignKey("chapter.id"))
    local_date: Mapped[date]
    due_at: Mapped[datetime]
    held_at: Mapped[datetime | None]  # a person said: not yet
    held_by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # None: the program itself
    held_reason: Mapped[str] = mapped_column(String(300), default="")
    posted_at: Mapped[datetime | None]  # its deliveries were written
    skipped: Mapped[str | None]  # why there is no post this week, in words

    chapter: Mapped[Chapter] = relationship()
    mentions: Mapped[list["Mention"]] = relationship(viewonly=True, order_by="Mention.id")  # as they were chosen

    @property
    def is_open(self) -> bool:
        """Whether it may still be posted."""
        return self.posted_at is None and self.skipped is None


def slot(chapter: Chapter, on: date) -> datetime:
    """The instant of the chapter's post time on a local day.

    A time that the spring change leaves out comes as much later (02:30 runs at 03:30); one that the autumn change
    repeats means its first pass.
    """
    return datetime.combine(on, chapter.post_time, ZoneInfo(chapter.zone)).astimezone(UTC)


def _turns(chapter: Chapter, after: date, now: datetime) -> list[tuple[date, datetime]]:
    """The chapter's slots on local days later than ``after``, up to and including the first one after ``now``."""
    on = after + timedelta(days=1 + (chapter.weekday - after.weekday() - 1) % 7)
    turns = [(on, slot(chapter, on))]
    while turns[-1][1] <= now:
        on += WEEK
        turns.append((on, slot(chapter, on)))
    return turns


def coming_slot(chapter: Chapter, now: datetime) -> datetime:
    """The chapter's first slot after ``now``, whether it is planned yet or not."""
    return _turns(chapter, now.astimezone(ZoneInfo(chapter.zone)).date() - timedelta(days=1), now)[-1][1]


def plan(session: Session, *, now: datetime, window: timedelta = CATCH_UP) -> list[Occurrence]:
    """See that every chapter's coming turn is a row, and every missed one; the turns that are open now, oldest first.

    What was missed by more than ``window``, or overtaken by the next turn, is kept as skipped: never two posts at
    once. Planners may run at the same time. A chapter that changes its slot takes its coming turn along.
    """
    for chapter in session.scalars(select(Chapter).order_by(Chapter.id)):
        _plan_chapter(session, chapter, now, window)
    session.flush()
    open_turns = select(Occurrence).where(Occurrence.posted_at.is_(None), Occurrence.skipped.is_(None))
    return list(session.scalars(open_turns.order_by(Occurrence.due_at, Occurrence.id)))


def _plan_chapter(session: Session, chapter: Chapter, now: datetime, window: timedelta) -> None:
    rows = select(Occurrence).where(Occurrence.chapter_id == chapter.id)
    begun = select(func.max(Occurrence.local_date)).where(Occurrence.chapter_id == chapter.id, Occurrence.due_at <= now)
    last = session.scalar(begun)
    today = now.astimezone(ZoneInfo(chapter.zone)).date()
    *missed, coming = _turns(chapter, last or today - WEEK, now)
    planned = session.scalars(
        rows.where(Occurrence.due_at > now).order_by(Occurrence.due_at).limit(1).with_for_update()
    ).first()
    if planned is not None:  # It was written a week ahead, so nothing before it was missed.
        planned.local_date, planned.due_at = coming
    else:
        for on, due_at in [*missed, coming]:
            if last or due_at > now - window:
                _insert_once(session, chapter_id=chapter.id, local_date=on, due_at=due_at)
    session.flush()
    last = session.scalar(begun)
    unposted = rows.where(Occurrence.due_at <= now, Occurrence.posted_at.is_(None), Occurrence.skipped.is_(None))
    for occurrence in session.scalars(unposted.with_for_update().execution_options(populate_existing=True)):
        if occurrence.local_date != last:
            occurrence.skipped = gettext("The next week's turn came before this one was posted.")
        elif occurrence.held_at is None and occurrence.due_at <= now - window:
            occurrence.skipped = gettext("Nothing was running when its time came, and it was too late afterwards.")


def _insert_once(session: Session, **values: object) -> None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(Occurrence).values(public_id=new_public_id(), held_reason="", **values).on_conflict_do_nothing()
    )


def upcoming(session: Session, *, chapter: Chapter, now: datetime) -> Occurrence | None:
    """The chapter's next turn that is open, or that was skipped before its time; a held one may be overdue."""
    coming = select(Occurrence).where(
        Occurrence.chapter_id == chapter.id,
        Occurrence.posted_at.is_(None),
        (Occurrence.due_at > now) | Occurrence.skipped.is_(None),
    )
    first = coming.order_by(Occurrence.due_at).limit(1).options(joinedload(Occurrence.mentions))
    return session.scalars(first).unique().first()


def lock(session: Session, occurrence: Occurrence) -> None:
    """Read the row as it is now; it is nobody else's until the transaction ends."""
    session.flush()
    session.refresh(occurrence, with_for_update=True)


def lock_open(session: Session, occurrence: Occurrence) -> None:
    """The same for a turn that may still be posted. Raises Conflict when it is over."""
    lock(session, occurrence)
    if not occurrence.is_open:
        raise Conflict(gettext("This week's turn is over; the next one can be changed."))


def hold(session: Session, *, occurrence: Occurrence, member: Member | None, now: datetime, reason: str = "") -> None:
    """Keep the week from being posted until it is released; ``member`` None is the program itself.

    Raises Conflict when it was posted or skipped.
    """
    lock_open(session, occurrence)
    occurrence.held_at, occurrence.held_by_id = now, member.id if member else None
    occurrence.held_reason = reason[:300]
    _record(session, "occurrence.hold", occurrence, member, now, reason)


def release(session: Session, *, occurrence: Occurrence, member: Member, now: datetime) -> None:
    """Take back a hold, or a skip whose time has not come; what is overdue is due now.

    Raises Conflict when it was posted, or its turn is over.
    """
    lock(session, occurrence)
    if occurrence.due_at > now:
        occurrence.skipped = None
    lock_open(session, occurrence)
    occurrence.held_at, occurrence.held_by_id, occurrence.held_reason = None, None, ""
    occurrence.due_at = max(occurrence.due_at, now)
    _record(session, "occurrence.release", occurrence, member, now)


def skip(session: Session, *, occurrence: Occurrence, member: Member, now: datetime, reason: str = "") -> None:
    """Leave this week out, and keep why. Raises Conflict when it was posted or skipped before."""
    lock_open(session, occurrence)
    occurrence.skipped = reason.strip()[:300] or gettext("Left out this week.")
    _record(session, "occurrence.skip", occurrence, member, now, occurrence.skipped)


def _record(
    session: Session, action: str, occurrence: Occurrence, member: Member | None, now: datetime, reason: str = ""
) -> None:
    audit.record(
        session,
        actor_id=member.id if member else None,
        action=action,
        object=f"occurrence {occurrence.public_id}",
        reason=reason[:300],
        now=now,
    )
