"""What happens to an account: it is made, recognised, and signed out everywhere."""

from datetime import datetime, timedelta
from uuid import uuid4

from flask_security.utils import hash_password, verify_password
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from app.accounts.tables import AccountSession, User
from directory.errors import Conflict, Invalid
from directory.language import gettext as _
from directory.limit import refund, spend
from directory.people.member import Member, MemberState

TRIES_AN_ACCOUNT, TRIES_AN_ADDRESS, WITHIN = 10, 50, timedelta(minutes=15)
LONGEST_PASSWORD = 256
MAY_SIGN_IN = (MemberState.ACTIVE, MemberState.PENDING)


def normal_email(email: str) -> str:
    """How an address is stored and compared. No database takes a NUL."""
    return email.replace("\0", "").strip().casefold()


def create_account(session: Session, *, member: Member, email: str, password: str, now: datetime) -> User:
    """Let ``member`` sign in. Needs an app context, which knows the cost of a hash. Raises Invalid, Conflict."""
    if not 8 <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(_("Choose a password of 8 to %(most)s characters.", most=LONGEST_PASSWORD), field="password")
    if "@" not in email.strip()[1:-1] or len(email) > 254:
        raise Invalid(_("Write an email address such as name@firm.example."), field="email")
    taken = select(User.id).where((User.email == normal_email(email)) | (User.member_id == member.id))
    if session.scalar(taken) is not None:
        raise Conflict(_("This member or this address has an account already; sign in instead."), field="email")
    account = User(
        email=normal_email(email),
        password=hash_password(password),
        active=True,
        fs_uniquifier=uuid4().hex,
        create_datetime=now,
        update_datetime=now,
        member_id=member.id,
    )
    member.email, member.arrived_at = account.email, member.arrived_at or now
    session.add(account)
    session.flush()
    return account


def may_try(session: Session, *, email: str, address: str, now: datetime) -> bool:
    """Count a try to sign in, by account and by network address; False where there were too many."""
    account, place = _keys(email, address)
    account_may = spend(session, key=account, most=TRIES_AN_ACCOUNT, within=WITHIN, now=now)
    return spend(session, key=place, most=TRIES_AN_ADDRESS, within=WITHIN, now=now) and account_may


def forget_try(session: Session, *, email: str, address: str) -> None:
    """A try that succeeded does not count."""
    for key in _keys(email, address):
        refund(session, key=key)


def recognise(session: Session, *, email: str, password: str) -> User | None:
    """The account these belong to. An unknown address costs the same time as a wrong password."""
    account = session.scalar(select(User).join(User.member).where(User.email == normal_email(email), _is_open()))
    if account is None or account.password is None:
        hash_password(password)
        return None
    return account if verify_password(password, account.password) else None


def end_sessions(session: Session, *, member: Member) -> None:
    """Sign ``member`` out of every browser."""
    accounts = select(User.id).where(User.member_id == member.id)
    session.execute(delete(AccountSession).where(AccountSession.account_id.in_(accounts)))


def _is_open() -> ColumnElement[bool]:
    return User.active & Member.state.in_(MAY_SIGN_IN)


def _keys(email: str, address: str) -> tuple[str, str]:
    return f"sign-in account {normal_email(email)}", f"sign-in address {address}"
