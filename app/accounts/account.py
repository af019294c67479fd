"""What happens to an account: it is made, recognised, given another password or address, and signed out."""

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import uuid4

from flask_security.utils import hash_password, verify_password
from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from app.accounts.tables import AccountSession, User
from directory.audit import record
from directory.errors import Conflict, Invalid
from directory.outbox import mail
from directory.people.business import clean_email
from directory.people.one_time_link import end_links
from directory.people.tables import Member, MemberState
from directory.privacy.departure import Departure
from directory.rate_limit import consume_allowance, refund_allowance
from directory.translation import gettext as _

TRIES_AN_ACCOUNT, TRIES_AN_ADDRESS, WITHIN = 10, 50, timedelta(minutes=15)
MOST = {"sign-in": (TRIES_AN_ACCOUNT, TRIES_AN_ADDRESS), "mail": (5, 25), "code": (5, 50)}  # by account, by address
LONGEST_PASSWORD = 256
ENTRANCES = ("sign_in", "reset", "prove", "address", "second", "invitation")  # purposes of links
MAY_SIGN_IN = (MemberState.ACTIVE, MemberState.PENDING)


def normal_email(email: str) -> str:
    """How an address is stored and compared. No database takes a NUL."""
    return email.replace("\0", "").strip().casefold()


def create_account(session: Session, *, member: Member, email: str, password: str, now: datetime) -> User:
    """Let ``member`` sign in. Needs an app context, which knows the cost of a hash. Raises Invalid, Conflict."""
    _check_password(password)
    if "@" not in email.strip()[1:-1] or len(email) > 254:
        raise Invalid(_("Write an email address such as name@firm.example."), field="email")
    taken = select(User.id).where((User.email == normal_email(email)) | (User.member_id == member.id))
    if session.scalar(taken) is not None:
        raise Conflict(_("This member or this address has an account already; sign in instead."), field="email")
    account = _new(session, member, email, hash_password(password), now)
    member.email, member.arrived_at = account.email, member.arrived_at or now
    session.flush()
    return account


def account_of(session: Session, member: Member, now: datetime) -> User:
    """The account of ``member``, made without a password where there is none. Raises Invalid without an address."""
    account = session.scalar(select(User).where(User.member_id == member.id))
    if account is None:
        if not member.email:
            raise Invalid(_("There is no mail address to sign in with."), field="email")
        account = _new(session, member, member.email, None, now)
    return account


def member_for_email(session: Session, *, email: str) -> Member | None:
    """The member who may sign in with this address."""
    return session.scalar(select(Member).where(Member.email == normal_email(email), Member.state.in_(MAY_SIGN_IN)))


def set_password(session: Session, *, account: User, password: str, but: str | None, now: datetime) -> None:
    """Give the account a password, and end what else lets somebody in: its sign-ins but that of the cookie ``but``,
    and the links that sign in, reset, or take another address. Raises Invalid.
    """
    _check_password(password)
    account.password, account.update_datetime = hash_password(password), now
    end_sessions(session, member=account.member, but=but)
    end_links(session, member=account.member, now=now, purposes=ENTRANCES)
    _note(session, account, "account.set_password", now)


def ask_address(session: Session, *, account: User, email: str, now: datetime) -> None:
    """Write to the new address, which the link in that letter makes the account's. Raises Invalid.

    Whether somebody here has that address already is not said: then nothing is written.
    """
    new = normal_email(clean_email(email))
    if not new or new == account.email:
        raise Invalid(_("Write the address you want mail to come to from now on."), field="email")
    if not _is_taken(session, new):
        mail.enqueue(session, letter="address", to=account.member, event=f"address-{uuid4().hex}", about=new, now=now)


def change_address(session: Session, *, account: User, email: str, now: datetime) -> None:
    """Take ``email``, which proved to be theirs; the old one is told, and its open links end. Raises Conflict."""
    member = account.member
    if _is_taken(session, email):
        raise Conflict(_("This address cannot be used here. Choose another one."), field="email")
    if member.email:
        event = f"address-was-{uuid4().hex}"
        mail.enqueue(session, letter="address_was", to=member, event=event, about=member.email, now=now)
    end_links(session, member=member, now=now)
    account.email = member.email = email
    _note(session, account, "account.change_address", now)


def count_attempt(session: Session, *, what: str = "sign-in", email: str, address: str, now: datetime) -> bool:
    """Count a try of ``what``, by account and by network address; False where there were too many."""
    allowed = [
        consume_allowance(session, key=key, most=most, within=WITHIN, now=now)
        for key, most in zip(_keys(what, email, address), MOST[what], strict=True)
    ]
    return all(allowed)


def forget_attempt(session: Session, *, what: str = "sign-in", email: str, address: str) -> None:
    """A try that succeeded does not count."""
    for key in _keys(what, email, address):
        refund_allowance(session, key=key)


def verify_credentials(session: Session, *, email: str, password: str) -> User | None:
    """The account these belong to. An unknown address costs the same time as a wrong password."""
    account = session.scalar(select(User).join(User.member).where(User.email == normal_email(email), _is_open()))
    if account is None or account.password is None:
        hash_password(password)
        return None
    return account if verify_password(password, account.password) else None


def sessions_of(session: Session, *, account: User, now: datetime) -> list[AccountSession]:
    """The browsers in which an account is signed in, the last used first."""
    living = select(AccountSession).where(AccountSession.account_id == account.id, AccountSession.expires_at > now)
    return list(session.scalars(living.order_by(AccountSession.seen_at.desc(), AccountSession.id.desc())))


def end_sessions(session: Session, *, member: Member, but: str | None = None) -> None:
    """Sign ``member`` out of every browser but the one whose cookie is ``but``."""
    accounts = select(User.id).where(User.member_id == member.id)
    ended = delete(AccountSession).where(AccountSession.account_id.in_(accounts))
    session.execute(ended.where(AccountSession.token_hash != hash_of(but)) if but else ended)


def hash_of(token: str) -> str:
    """How a session is found by its cookie."""
    return sha256(token.encode()).hexdigest()


def _is_open() -> ColumnElement[bool]:
    """Whoever left comes back by signing in, until they are erased."""
    return User.active & (Member.state.in_(MAY_SIGN_IN) | Member.id.in_(select(Departure.member_id)))


def _keys(what: str, email: str, address: str) -> tuple[str, str]:
    return f"{what} account {normal_email(email)}", f"{what} address {address}"


def _check_password(password: str) -> None:
    if not 8 <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(_("Choose a password of 8 to %(most)s characters.", most=LONGEST_PASSWORD), field="password")


def _is_taken(session: Session, email: str) -> bool:
    """Whether a member, or the account of one, has the address, in whatever state they are."""
    owners = select(Member.id).outerjoin(User, User.member_id == Member.id)
    return session.scalar(owners.where(or_(Member.email == email, User.email == email)).limit(1)) is not None


def _new(session: Session, member: Member, email: str, password: str | None, now: datetime) -> User:
    account = User(
        email=normal_email(email),
        password=password,
        active=True,
        fs_uniquifier=uuid4().hex,
        create_datetime=now,
        update_datetime=now,
        member_id=member.id,
    )
    session.add(account)
    session.flush()
    return account


def _note(session: Session, account: User, action: str, now: datetime) -> None:
    who = account.member
    record(session, actor_id=who.id, action=action, object=f"member {who.public_id}", now=now)
