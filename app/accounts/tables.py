"""The tables of accounts, on the one metadata. Load them before migrations look at it."""

from datetime import datetime

from flask_security.models.sqla import FsModels, FsRoleMixin, FsUserMixin
from sqlalchemy import ForeignKey, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from directory.clock import utc_now
from directory.db import Base, Row
from directory.people.member import Member

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


class AccountSession(Row, Base):
    """A signed-in browser. Only the hash of its cookie is kept; ``content`` is the session as JSON."""

    __tablename__ = "account_session"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    content: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(index=True)


TABLES = (Role, User, AccountSession)
