"""What happens to an account: it is made, recognised, given another password or address, and signed out."""

from datetime import datetime
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.tables import Account, AccountSession
from directory.audit import record
from directory.errors import Conflict, Invalid
from directory.outbox import mail
from directory.people.one_time_link import end_links
from directory.people.tables import Member, MemberState
from directory.privacy.departure import Departure
from directory.secrets import hash_of
from directory.text import clean_email
from directory.translation import gettext as _

HASHER = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)  # argon2id, 19 MiB, 21 ms
LONGEST_PASSWORD = 256
ENTRANCES = ("sign_in", "reset", "prove", "address", "second", "invitation")  # purposes of links
MAY_SIGN_IN = (MemberState.ACTIVE, MemberState.PENDING)


def normal_email(email: str) -> str:
    """How an address is stored and compared. No database takes a NUL."""
    return email.replace("\0", "").strip().casefold()


def create_account(session: Session, *, member: Member, email: str, password: str, now: datetime) -> Account:
    """Let ``member`` sign in. Raises Invalid, Conflict."""
    _check_password(password)
    if "@" not in email.strip()[1:-1] or len(email) > 254:
        raise Invalid(_("Enter an email address such as name@firm.example."), field="email")
    email = normal_email(email)
    taken = select(Account.id).join(Account.member).where((Member.email == email) | (Member.id == member.id))
    if session.scalar(taken) is not None:
        raise Conflict(_("This member or email address already has an account. Sign in instead."), field="email")
    account = Account(member_id=member.id, password=HASHER.hash(password))
    member.email, member.arrived_at = email, member.arrived_at or now
    session.add(account)
    session.flush()
    return account


def account_of(session: Session, member: Member) -> Account:
    """The account of ``member``, made without a password where there is none. Raises Invalid without an address."""
    account = session.scalar(select(Account).where(Account.member_id == member.id))
    if account is None:
        if not member.email:
            raise Invalid(_("There is no email address to sign in with."), field="email")
        account = Account(member_id=member.id)
        session.add(account)
        session.flush()
    return account


def member_for_email(session: Session, *, email: str) -> Member | None:
    """The member who may sign in with this address."""
    return session.scalar(select(Member).where(Member.email == normal_email(email), Member.state.in_(MAY_SIGN_IN)))


def set_password(session: Session, *, account: Account, password: str, but: str | None, now: datetime) -> None:
    """Give the account a password, and end what else lets somebody in: its sign-ins but that of the cookie ``but``,
    and the links that sign in, reset, or take another address. Raises Invalid.
    """
    _check_password(password)
    account.password = HASHER.hash(password)
    end_sessions(session, member=account.member, but=but)
    end_links(session, member=account.member, now=now, purposes=ENTRANCES)
    note(session, account, "account.set_password", now)


def ask_address(session: Session, *, account: Account, email: str, now: datetime) -> None:
    """Write to the new address, which the link in that letter makes the account's. Raises Invalid.

    Whether somebody here has that address already is not said: then nothing is written.
    """
    new = normal_email(clean_email(email))
    if not new or new == account.email:
        raise Invalid(_("Enter the email address to use from now on."), field="email")
    if not _is_taken(session, new):
        mail.enqueue(session, letter="address", to=account.member, event=f"address-{uuid4().hex}", about=new, now=now)


def change_address(session: Session, *, account: Account, email: str, now: datetime) -> None:
    """Take ``email``, which proved to be theirs; the old one is told, and its open links end. Raises Conflict."""
    member = account.member
    if _is_taken(session, email):
        raise Conflict(_("This email address cannot be used here. Choose another one."), field="email")
    if member.email:
        event = f"address-was-{uuid4().hex}"
        mail.enqueue(session, letter="address_was", to=member, event=event, about=member.email, now=now)
    end_links(session, member=member, now=now)
    member.email = email
    note(session, account, "account.change_address", now)


def verify_credentials(session: Session, *, email: str, password: str) -> Account | None:
    """The account these belong to. An unknown address costs the same time as a wrong password.

    Whoever left comes back by signing in, until they are erased.
    """
    is_open = Member.state.in_(MAY_SIGN_IN) | Member.id.in_(select(Departure.member_id))
    account = session.scalar(select(Account).join(Account.member).where(Member.email == normal_email(email), is_open))
    if account is None or account.password is None:
        HASHER.hash(password)
        return None
    try:
        HASHER.verify(account.password, password)
    except VerifyMismatchError:
        return None
    return account


def sessions_of(session: Session, *, account: Account, now: datetime) -> list[AccountSession]:
    """The browsers in which an account is signed in, the last used first."""
    living = select(AccountSession).where(AccountSession.account_id == account.id, AccountSession.expires_at > now)
    return list(session.scalars(living.order_by(AccountSession.seen_at.desc(), AccountSession.id.desc())))


def end_sessions(session: Session, *, member: Member, but: str | None = None) -> None:
    """Sign ``member`` out of every browser but the one whose cookie is ``but``."""
    accounts = select(Account.id).where(Account.member_id == member.id)
    ended = delete(AccountSession).where(AccountSession.account_id.in_(accounts))
    session.execute(ended.where(AccountSession.token_hash != hash_of(but)) if but else ended)


def note(session: Session, account: Account, action: str, now: datetime) -> None:
    """Write down what its member did to the account."""
    who = account.member
    record(session, actor_id=who.id, action=action, object=f"member {who.public_id}", now=now)


def _check_password(password: str) -> None:
    if not 8 <= len(password) <= LONGEST_PASSWORD:
        raise Invalid(_("Choose a password of 8 to %(most)s characters.", most=LONGEST_PASSWORD), field="password")


def _is_taken(session: Session, email: str) -> bool:
    """Whether a member has the address, in whatever state they are."""
    return session.scalar(select(Member.id).where(Member.email == email)) is not None
