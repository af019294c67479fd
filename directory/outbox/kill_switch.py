"""The kill switch: a stop keeps a chapter, or the whole network, from posting until a person lifts it.

The program stops the network by itself if the database is not the one that posted last, such as a restored backup:
every claim of a post increments a counter, and each installation stores the last number outside the database.
"""

from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, String, case, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column, relationship

from directory import audit
from directory.db import Base, Row, insert_into, new_public_id
from directory.people.chapter import Chapter
from directory.people.tables import Member


class Stop(Row, Base):
    """While this row exists, nothing of the chapter is posted; without a chapter, nothing of the network."""

    __tablename__ = "stop"

    chapter_id: Mapped[int | None] = mapped_column(ForeignKey("chapter.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # None: the program itself
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(300), default="")

    by: Mapped[Member | None] = relationship()


class PostingCounter(Base):
    """One row: the number of attempts to post that this database has begun, and its own id. It only grows."""

    __tablename__ = "ledger"

    id: Mapped[int] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(String(12))
    number: Mapped[int] = mapped_column(BigInteger)


def stop(session: Session, *, chapter: Chapter | None, member: Member | None, reason: str = "", now: datetime) -> None:
    """Stop the posts of a chapter, or of the network for None. Pending posts are kept."""
    by_id = member.id if member else None
    row = Stop(chapter_id=chapter.id if chapter else None, by_id=by_id, at=now, reason=reason[:300])
    session.add(row)
    session.flush()
    audit.record(session, actor_id=by_id, action="post.stop", object=chapter or "network", reason=reason, now=now)


def stops_of(session: Session, *, chapter: Chapter | None) -> list[Stop]:
    """Return the stops that apply to a chapter: its own and the network's; only the network's for None."""
    applies = Stop.chapter_id.is_(None) if chapter is None else _applies_to(chapter.id)
    return list(session.scalars(select(Stop).where(applies).order_by(Stop.id)))


def is_stopped(session: Session, chapter_id: int) -> bool:
    """Whether a stop applies to the chapter now."""
    return session.scalar(select(Stop.id).where(_applies_to(chapter_id)).limit(1)) is not None


def not_stopped(chapter_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return a query condition: no stop applies to the chapter."""
    stopped = select(Stop.chapter_id).where(Stop.chapter_id.is_not(None))
    return ~exists().where(Stop.chapter_id.is_(None)) & chapter_id.not_in(stopped)


def _applies_to(chapter_id: int) -> ColumnElement[bool]:
    return or_(Stop.chapter_id.is_(None), Stop.chapter_id == chapter_id)


def increment_posting_counter(session: Session, *, to: int = 0) -> None:
    """Increment the counter, or set it to ``to`` if it is lower than that; in the transaction of the claim."""
    row = insert_into(session, PostingCounter).values(id=1, identity=new_public_id(), number=max(1, to))
    next_number = case((PostingCounter.number < to, to), else_=PostingCounter.number + 1)
    session.execute(row.on_conflict_do_update(index_elements=[PostingCounter.id], set_={"number": next_number}))


def posting_counter(session: Session) -> tuple[str, int]:
    """Return the database's own id and its number of attempts; "" and 0 before the first."""
    row = session.execute(select(PostingCounter.identity, PostingCounter.number)).one_or_none()
    return (row.identity, row.number) if row else ("", 0)
