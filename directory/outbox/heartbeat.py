"""Heartbeats: when each worker last finished a task, so that a stuck worker shows while its process is alive."""

from datetime import datetime, timedelta

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from directory.db import Base, Row, insert_into

DELETED_AFTER = timedelta(days=1)
LATE_AFTER = timedelta(minutes=3)  # there is a task every few seconds, so a healthy worker has reported since


class Heartbeat(Row, Base):
    """A worker, by the name its machine gives it, and when it last finished a task."""

    __tablename__ = "heartbeat"

    worker: Mapped[str] = mapped_column(String(120), unique=True)
    beat_at: Mapped[datetime]

    def is_late(self, now: datetime) -> bool:
        """Whether the worker has not reported for LATE_AFTER."""
        return self.beat_at < now - LATE_AFTER


def record_heartbeat(session: Session, *, worker: str, now: datetime) -> None:
    """Record that a worker finished a task; delete workers that have not reported for a day."""
    row = insert_into(session, Heartbeat).values(worker=worker[:120], beat_at=now)
    session.execute(row.on_conflict_do_update(index_elements=[Heartbeat.worker], set_={"beat_at": now}))
    session.execute(delete(Heartbeat).where(Heartbeat.beat_at < now - DELETED_AFTER))


def heartbeats(session: Session) -> list[Heartbeat]:
    """Return all recorded workers, the most recent report first."""
    return list(session.scalars(select(Heartbeat).order_by(Heartbeat.beat_at.desc(), Heartbeat.id)))
