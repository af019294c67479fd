"""Limits: how often something may be tried within a while. In the database, so that all processes count together."""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import String, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from directory.db import Base, Row

INSERT: dict[str, Callable[[type[Base]], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Allowance(Row, Base):
    """What was spent under a key until ``ends_at``. Only the key's hash is kept: it may name an address."""

    __tablename__ = "allowance"

    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    spent: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(index=True)


def consume_allowance(session: Session, *, key: str, most: int, within: timedelta, now: datetime) -> bool:
    """Count one try under ``key``; False where it was more than ``most`` since the first one ``within`` ago."""
    session.execute(delete(Allowance).where(Allowance.ends_at <= now))
    insert = INSERT[session.get_bind().dialect.name](Allowance)
    tried = insert.values(key_hash=_hash(key), spent=1, ends_at=now + within).on_conflict_do_update(
        index_elements=[Allowance.key_hash], set_={"spent": Allowance.spent + 1}
    )
    spent: int = session.scalars(tried.returning(Allowance.spent)).one()
    return spent <= most


def refund_allowance(session: Session, *, key: str) -> None:
    """Take one try back: it was right, and only wrong ones count."""
    session.execute(update(Allowance).where(Allowance.key_hash == _hash(key)).values(spent=Allowance.spent - 1))


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()
