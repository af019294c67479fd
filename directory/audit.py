"""The audit log: who did what to which row, and why. Append-only, written in the verb's own transaction."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from directory.db import Base, PublicRow, Row


class AuditEntry(Row, Base):
    """One action. ``object`` is mostly a table and a public id, never a person's name or text."""

    __tablename__ = "audit_entry"

    actor_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"), index=True)  # None: the program itself
    action: Mapped[str] = mapped_column(String(60))
    object: Mapped[str] = mapped_column(String(80), index=True)
    reason: Mapped[str] = mapped_column(String(300), default="")
    at: Mapped[datetime]


def record(
    session: Session, *, actor_id: int | None, action: str, object: PublicRow | str, now: datetime, reason: str = ""
) -> None:
    """Append an entry. It is committed or rolled back with the verb's transaction.

    ``object`` is a flushed row, stored as its table and public id, or a text. A reason that is too long is cut.
    """
    name = object if isinstance(object, str) else f"{object.__tablename__} {object.public_id}"
    session.add(AuditEntry(actor_id=actor_id, action=action, object=name, reason=reason[:300], at=now))
