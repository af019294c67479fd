"""Collaborations: a prime and a sub on one piece of work. Finished ones are evidence for the sub's claims."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, String, Table, and_, or_, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from directory.db import Base, PublicRow
from directory.people.tables import Business
from directory.taxonomy.capability import Capability

collaboration_capability = Table(
    "collaboration_capability",
    Base.metadata,
    Column("collaboration_id", ForeignKey("collaboration.id"), primary_key=True),
    Column("capability_id", ForeignKey("capability.id"), primary_key=True, index=True),
)


class Collaboration(PublicRow, Base):
    """Work that ``prime`` led and in which ``sub`` did ``capabilities``.

    It is evidence from ``finished_at`` on. ``key`` identifies an imported one.
    """

    __tablename__ = "collaboration"
    __table_args__ = (
        CheckConstraint("prime_id <> sub_id", name="two_firms"),
        CheckConstraint("sub_share between 0 and 100", name="sub_share"),
    )

    key: Mapped[str | None] = mapped_column(String(64), unique=True)
    prime_id: Mapped[int] = mapped_column(ForeignKey("business.id"), index=True)
    sub_id: Mapped[int] = mapped_column(ForeignKey("business.id"), index=True)
    title: Mapped[str] = mapped_column(String(300))
    goal: Mapped[str] = mapped_column(String(500), default="")
    outcome: Mapped[str] = mapped_column(String(500), default="")
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3), default="USD")
    sub_share: Mapped[int | None]  # percent of the work
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    prime: Mapped[Business] = relationship(foreign_keys=[prime_id])
    sub: Mapped[Business] = relationship(foreign_keys=[sub_id])
    capabilities: Mapped[list[Capability]] = relationship(secondary=collaboration_capability)


def finished_between(session: Session, one_id: int, other_id: int) -> list[Collaboration]:
    """Return the finished collaborations of two firms, whichever was prime, newest first."""
    pair = or_(
        and_(Collaboration.prime_id == one_id, Collaboration.sub_id == other_id),
        and_(Collaboration.prime_id == other_id, Collaboration.sub_id == one_id),
    )
    finished = select(Collaboration).where(pair, Collaboration.finished_at.is_not(None))
    return list(session.scalars(finished.order_by(Collaboration.finished_at.desc(), Collaboration.id.desc())))


def finished_by(session: Session, business_id: int, *, limit: int = 12) -> list[Collaboration]:
    """Return the firm's newest finished collaborations, as prime or sub, with firms and capabilities loaded."""
    part = or_(Collaboration.prime_id == business_id, Collaboration.sub_id == business_id)
    finished = select(Collaboration).where(part, Collaboration.finished_at.is_not(None))
    loads = (joinedload(Collaboration.prime), joinedload(Collaboration.sub), selectinload(Collaboration.capabilities))
    newest = finished.order_by(Collaboration.finished_at.desc(), Collaboration.id.desc())
    return list(session.scalars(newest.options(*loads).limit(limit)))
