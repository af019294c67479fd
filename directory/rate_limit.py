"""Rate limits: how often something may be tried in a period, counted in the database for all processes."""

from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from directory.db import Base, Row, insert_into

_BATCH = 1000  # rows of a statement


class Allowance(Row, Base):
    """The attempts counted under a key until ``ends_at``. Only the key's hash is stored: keys may hold an address."""

    __tablename__ = "allowance"

    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    spent: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(index=True)


def consume_allowance(
    session: Session, *, key: str, limit: int, within: timedelta, amount: int = 1, now: datetime
) -> bool:
    """Count ``amount`` attempts under ``key`` and return whether they are allowed.

    The first attempt opens a period of ``within``; more than ``limit`` attempts in it are not allowed.
    """
    return consume_allowances(session, keys=[key], limit=limit, within=within, amount=amount, now=now) == {key}


def consume_allowances(
    session: Session, *, keys: Collection[str], limit: int, within: timedelta, amount: int = 1, now: datetime
) -> set[str]:
    """Count attempts under each of the ``keys``, as ``consume_allowance`` does; return those that are allowed."""
    # No row of these is ever held in memory; a session with thousands of others must not be searched for some.
    session.execute(delete(Allowance).where(Allowance.ends_at <= now), execution_options={"synchronize_session": False})
    rows = [{"key_hash": _hash(key), "spent": amount, "ends_at": now + within} for key in dict.fromkeys(keys)]
    spent: dict[str, int] = {}
    for start in range(0, len(rows), _BATCH):
        first = insert_into(session, Allowance).values(rows[start : start + _BATCH])
        increment = {"spent": Allowance.spent + amount}
        counted = first.on_conflict_do_update(index_elements=[Allowance.key_hash], set_=increment)
        spent |= dict(session.execute(counted.returning(Allowance.key_hash, Allowance.spent)).all())
    return {key for key in keys if spent[_hash(key)] <= limit}


def spent_allowances(session: Session, *, keys: Collection[str], now: datetime) -> dict[str, int]:
    """Return how many attempts were counted under each of the ``keys``, without those that have none."""
    by_hash = {_hash(key): key for key in keys}
    counted = select(Allowance.key_hash, Allowance.spent)
    rows = session.execute(counted.where(Allowance.key_hash.in_(by_hash), Allowance.ends_at > now))
    return {by_hash[key_hash]: spent for key_hash, spent in rows}


def refund_allowance(session: Session, *, key: str) -> None:
    """Take one attempt back: it succeeded, and only failures count."""
    session.execute(update(Allowance).where(Allowance.key_hash == _hash(key)).values(spent=Allowance.spent - 1))


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()
