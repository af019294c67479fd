"""Suppression: who was erased is not written to again, though nobody can read from here who that was."""

import hmac
from datetime import datetime
from secrets import token_bytes

from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from directory.db import Base, Row


class Suppression(Row, Base):
    """An address that asked to be forgotten, as its HMAC under the installation's key."""

    __tablename__ = "suppression"

    email_hmac: Mapped[str] = mapped_column(String(64), unique=True)
    suppressed_at: Mapped[datetime]


class SuppressionKey(Base):
    """One row: the key. In the database, not in the settings: it must outlive every change of secrets and machines,
    and a restored backup must still know who was erased. Without it the rows of two installations share nothing."""

    __tablename__ = "suppression_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary(32))


def suppress(session: Session, *, email: str, now: datetime) -> None:
    """Never again write to ``email``, nor take it from an import or an invitation."""
    suppress_hmac(session, digest=email_hmac(session, email), now=now)


def suppress_hmac(session: Session, *, digest: str, now: datetime) -> None:
    """Suppress an address of which nothing is left but its ``email_hmac``."""
    if session.scalar(select(Suppression.id).where(Suppression.email_hmac == digest)) is None:
        session.add(Suppression(email_hmac=digest, suppressed_at=now))
        session.flush()


def is_suppressed(session: Session, email: str) -> bool:
    """Whether whoever has this address was erased here."""
    if session.get(SuppressionKey, 1) is None:
        return False
    known = select(Suppression.id).where(Suppression.email_hmac == email_hmac(session, email))
    return session.scalar(known) is not None


def email_hmac(session: Session, email: str) -> str:
    """Return the HMAC of an address: equal for the same address, and nobody can read the address from it."""
    key = session.get(SuppressionKey, 1)
    if key is None:
        key = SuppressionKey(id=1, key=token_bytes(32))
        session.add(key)
        session.flush()
    return hmac.digest(key.key, email.strip().casefold().encode(errors="replace"), "sha256").hex()
