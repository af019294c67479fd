"""Heartbeats: when each worker last got something done, so that a stuck one shows although its process lives."""

from datetime import datetime, timedelta

from sqlalchemy import String, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from directory.db import Base, Row

FORGOTTEN_AFTER = timedelta(days=1)
LATE_AFTER = timedelta(minutes=3)  # something is rung for every few seconds, so a worker that is well was heard since


class Heartbeat(Row, Base):
    """A worker, as its machine names it, and when it last finished a task."""

    __tablename__ = "heartbeat"

    worker: Mapped[str] = mapped_column(String(120), unique=True)
    beat_at: Mapped[datetime]

    def is_late(self, now: datetime) -> bool:
        """Whether it has not been heard of for too long."""
        return self.beat_at < now - LATE_AFTER


def record_heartbeat(session: Session, *, worker: str, now: datetime) -> None:
    """A worker finished something; those that were not heard of for a day are forgotten."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = dialect.insert(Heartbeat).values(worker=worker[:120], beat_at=now)
    session.execute(row.on_conflict_do_update(index_elements=[Heartbeat.worker], set_={"beat_at": now}))
    session.execute(delete(Heartbeat).where(Heartbeat.beat_at < now - FORGOTTEN_AFTER))


def heartbeats(session: Session) -> list[Heartbeat]:
    """Every worker that was heard of lately, the one last heard of first."""
    return list(session.scalars(select(Heartbeat).order_by(Heartbeat.beat_at.desc(), Heartbeat.id)))
