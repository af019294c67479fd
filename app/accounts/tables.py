"""The tables of accounts, on the one metadata. Load them before migrations look at it."""

from datetime import datetime

from flask_security.models.sqla import FsModels, FsRoleMixin, FsUserMixin
from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.clock import utc_now
from directory.db import Base, PublicRow, Row
from directory.people.tables import Member

FsModels.set_db_info(base_model=Base, user_table_name="account", role_table_name="account_role")  # type: ignore[no-untyped-call]


class Role(FsRoleMixin, Base):
    """Required by Flask-Security and empty: who may do what is said in ``app.access``."""

    __tablename__ = "account_role"

    update_datetime: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=utc_now)


class User(FsUserMixin, Base):
    """The account of one member. Flask-Security insists on the name of the class."""

    __tablename__ = "account"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), unique=True)
    update_datetime: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=utc_now)

    member: Mapped[Member] = relationship()
    second_factor: Mapped["SecondFactor | None"] = relationship(viewonly=True)


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

    account: Mapped[User] = relationship()


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


TABLES = (Role, User, AccountSession, SecondFactor, RecoveryCode)
