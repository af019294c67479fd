"""The tables of accounts, on the one metadata. Load them before migrations look at it."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.db import Base, PublicRow, Row
from directory.people.tables import Member


class Account(Row, Base):
    """The account of one member, who signs in with their mail address. ``password`` is a hash, or None: not chosen."""

    __tablename__ = "account"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))

    member: Mapped[Member] = relationship()
    second_factor: Mapped["SecondFactor | None"] = relationship(viewonly=True)

    @property
    def email(self) -> str:
        """What the member signs in with, and where the network writes to."""
        return self.member.email or ""


class AccountSession(PublicRow, Base):
    """A signed-in browser. Only the hash of its cookie is kept; ``content`` is the session as JSON.

    ``browser`` is what a person would call it, ``seen_at`` when it last asked for a page, give or take ten minutes.
    """

    __tablename__ = "account_session"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    content: Mapped[str] = mapped_column(Text)
    browser: Mapped[str] = mapped_column(String(60), default="")
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)

    account: Mapped[Account] = relationship()


class SecondFactor(Row, Base):
    """The code generator of one account: its sealed secret, and the last half minute whose code was taken."""

    __tablename__ = "second_factor"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    secret: Mapped[str] = mapped_column(String(400))
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    confirmed_at: Mapped[datetime | None]  # None: shown, and not in use yet


class RecoveryCode(Row, Base):
    """A code that replaces the generator once. Only its hash is kept; a used one is deleted."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("account_id", "code_hash"),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
