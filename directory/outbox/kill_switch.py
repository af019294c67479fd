"""Stops: after one click nothing more is posted, by a chapter or by the whole network, until a person lets it go.

The program stops the network by itself where the database is not the one that posted last, such as a restored backup:
each claim of a post counts the ledger up, and each installation remembers outside the database how far it was.
"""

from datetime import datetime

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, String, case, exists, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column, relationship

from directory import audit
from directory.db import Base, Row, new_public_id
from directory.people.chapter import Chapter
from directory.people.tables import Member


class Stop(Row, Base):
    """Nothing of the chapter is posted while the row is there; without a chapter, nothing of anybody."""

    __tablename__ = "stop"

    chapter_id: Mapped[int | None] = mapped_column(ForeignKey("chapter.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))  # None: the program itself
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(300), default="")

    by: Mapped[Member | None] = relationship()


class PostingCounter(Base):
    """One row: how many tries to post this database has begun, and a name of its own. It only ever grows."""

    __tablename__ = "ledger"

    id: Mapped[int] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(String(12))
    number: Mapped[int] = mapped_column(BigInteger)


def stop(session: Session, *, chapter: Chapter | None, member: Member | None, reason: str = "", now: datetime) -> None:
    """From now on nothing of the chapter is posted, of nobody where it is None; all that waits is kept."""
    by_id = member.id if member else None
    row = Stop(chapter_id=chapter.id if chapter else None, by_id=by_id, at=now, reason=reason[:300])
    session.add(row)
    session.flush()
    audit.record(session, actor_id=by_id, action="post.stop", object=audit_object(chapter), reason=row.reason, now=now)


def stops_of(session: Session, *, chapter: Chapter | None) -> list[Stop]:
    """What keeps a chapter from posting, its own stops and the network's; the network's alone where it is None."""
    theirs = Stop.chapter_id.is_(None) if chapter is None else _holds(chapter.id)
    return list(session.scalars(select(Stop).where(theirs).order_by(Stop.id)))


def is_stopped(session: Session, chapter_id: int) -> bool:
    """Whether nothing of the chapter may be posted at this moment."""
    return session.scalar(select(Stop.id).where(_holds(chapter_id)).limit(1)) is not None


def not_stopped(chapter_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """A condition for queries: no stop keeps the chapter back."""
    stopped = select(Stop.chapter_id).where(Stop.chapter_id.is_not(None))
    return ~exists().where(Stop.chapter_id.is_(None)) & chapter_id.not_in(stopped)


def _holds(chapter_id: int) -> ColumnElement[bool]:
    return or_(Stop.chapter_id.is_(None), Stop.chapter_id == chapter_id)


def audit_object(chapter: Chapter | None) -> str:
    """What the audit log calls the object of a stop."""
    return f"chapter {chapter.public_id}" if chapter else "network"


def increment_posting_counter(session: Session, *, to: int = 0) -> None:
    """Count one more try in the ledger, or up ``to`` a number beyond it; in the transaction of the claim."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(PostingCounter).values(id=1, identity=new_public_id(), number=max(1, to))
    more = case((PostingCounter.number < to, to), else_=PostingCounter.number + 1)
    session.execute(row.on_conflict_do_update(index_elements=[PostingCounter.id], set_={"number": more}))


def posting_counter(session: Session) -> tuple[str, int]:
    """The database's own name, and how many tries it has begun; no name and 0 before the first."""
    row = session.execute(select(PostingCounter.identity, PostingCounter.number)).one_or_none()
    return (row.identity, row.number) if row else ("", 0)
