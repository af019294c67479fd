"""Accounts: how a person proves to be a member, and how long the site remembers.

Law: the only room that knows Flask-Security. A signed-in browser is a row; ending the row ends the sign-in.
"""

from flask import Flask
from flask_security import Security, SQLAlchemyUserDatastore
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts.account import create_account, end_sessions
from app.accounts.sessions import SessionRows
from app.accounts.tables import Role, User
from app.db import db
from directory.clock import utc_now
from directory.people.tables import Business, Member

__all__ = ("create_account", "end_sessions", "init_accounts")

ARGON2 = {"argon2__memory_cost": 19456, "argon2__time_cost": 2, "argon2__parallelism": 1}  # 19 MiB, 21 ms


def init_accounts(app: Flask) -> None:
    """Sign-in by rows. Flask-Security's own pages and its token header stay off: each would be a second door."""
    https = app.config["BASE_URL"].startswith("https://")
    defaults = {
        "SESSION_COOKIE_NAME": "__Host-goodword" if https else "goodword",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": ARGON2,
        "SECURITY_PASSWORD_SINGLE_HASH": True,  # argon2 needs no secret of the installation in front of it
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_JOIN_USER_ROLES": False,
        "SECURITY_DATETIME_FACTORY": utc_now,
    }
    for name, value in defaults.items():
        if name.startswith("SECURITY_"):
            app.config.setdefault(name, value)
        else:
            app.config[name] = value
    app.session_interface = SessionRows()
    security = Security(app, SQLAlchemyUserDatastore(db, User, Role), register_blueprint=False)
    security.login_manager.request_loader(lambda request: None)
    security.login_manager.user_loader(_signed_in)


def _signed_in(name: str) -> User | None:
    """The account of a session, with all that every page asks of its member, in one query."""
    home = joinedload(User.member).joinedload(Member.business).joinedload(Business.chapter)
    held = joinedload(User.member).joinedload(Member.holds)
    second = joinedload(User.second_factor)
    account = (
        db.session.scalars(select(User).where(User.fs_uniquifier == name, User.active).options(home, held, second))
        .unique()
        .one_or_none()
    )
    if account is not None:
        set_committed_value(account, "roles", [])  # Flask-Security asks for its own, which nobody has
    return account
