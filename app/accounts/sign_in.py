"""Signing a browser in: what was there before ends, and whoever has a second factor shows it first.

Every try is counted in a transaction of its own, before anything is looked up; a right one does not count.
"""

from datetime import timedelta
from uuid import uuid4

from flask import flash, request, session, url_for

from app.accounts import second_factor
from app.accounts.account import account_of, member_for_email, normal_email, verify_credentials
from app.accounts.sessions import end_session, have_proved, start_session
from app.accounts.tables import Account
from app.attribution_cookie import NAME
from app.db import db
from app.request_time import now
from directory.db import claim_write
from directory.errors import Invalid
from directory.outbox import mail
from directory.outbox.delivery import Delivery
from directory.people.one_time_link import create_link, find_link, use_link
from directory.privacy import departure
from directory.rate_limit import consume_allowance, refund_allowance
from directory.translation import gettext as _

TRIES_AN_ACCOUNT, TRIES_AN_ADDRESS, WITHIN = 10, 50, timedelta(minutes=15)
MOST = {"sign-in": (TRIES_AN_ACCOUNT, TRIES_AN_ADDRESS), "mail": (5, 25), "code": (5, 50)}  # by account, by address
CODE_WITHIN = timedelta(minutes=10)  # of the password, or the link
SECOND = "second"  # the purpose of the link, never mailed, that stands for the first factor in a visitor's cookie
LONGEST_TARGET = 254  # characters that a link can be about


def begin(account: Account, target: str = "/", *, has_code: bool = False) -> str:
    """Sign this browser in, which proved to be of ``account``, and say where it goes next; commit, and redirect.

    That is ``target``, or the page that asks for the code, where there is a second factor and nobody showed it yet.
    """
    came_from = session.get(NAME)
    end_session()
    if came_from:
        session[NAME] = came_from  # a post that led here is no secret
    if departure.come_back(db.session(), member=account.member, now=now()):
        flash(_("Welcome back. Nothing is lost."))
    if not has_code and second_factor.is_on(account):
        token = create_link(db.session(), purpose=SECOND, member=account.member, lasts=CODE_WITHIN, now=now())
        session[SECOND] = token
        return url_for("sign_in.code", next=None if target == "/" else target)
    start_session(account)
    have_proved()
    account.member.arrived_at = account.member.arrived_at or now()
    return target


def account_awaiting_second_factor() -> Account | None:
    """The account whose first factor this browser has shown, and not its second yet."""
    try:
        link = find_link(db.session(), purpose=SECOND, token=session.get(SECOND, ""), now=now())
    except Invalid:
        return None
    return account_of(db.session(), link.member)


def take_first() -> None:
    """The first factor counts once. Raises Invalid where it was taken meanwhile."""
    use_link(db.session(), purpose=SECOND, token=session.get(SECOND, ""), now=now())


def try_password(email: str, password: str) -> tuple[Account | None, int]:
    """The account and 200, in a writing transaction to be committed; or none and 422, or 429.

    The hash is computed outside a writing transaction, which others wait for.
    """
    if not may_ask("sign-in", email):
        return None, 429
    account = verify_credentials(db.session(), email=email, password=password)
    db.session.rollback()
    if account is None:
        return None, 422
    claim_write(db.session())
    _forget("sign-in", email)
    return account, 200


def try_code(account: Account, code: str) -> int:
    """200, in a writing transaction to be committed, where the code is right; else 422, or 429."""
    whose = str(account.id)
    if not may_ask("code", whose):
        return 429
    claim_write(db.session())
    if not second_factor.accept(db.session(), account=account, code=code, now=now()):
        db.session.rollback()
        return 422
    _forget("code", whose)
    return 200


def ask_for_link(letter: str, email: str, target: str = "/") -> bool:
    """Mail a link to whom this address belongs, if anybody; False where that was asked too often. Commits.

    An address that nobody has takes as long as another: its letter is written too, and taken back.
    """
    if not may_ask("mail", email):
        return False
    claim_write(db.session())
    member, event = member_for_email(db.session(), email=email), f"{letter}-{uuid4().hex}"
    if member is not None:
        about = target if len(target) <= LONGEST_TARGET else "/"
        mail.enqueue(db.session(), letter=letter, to=member, event=event, about=about, now=now())
    else:
        with db.session.begin_nested() as nothing:
            db.session.add(Delivery(key=event, channel_id=None, payload=bytes(120), due_at=now()))
            db.session.flush()
            nothing.rollback()
    db.session.commit()
    return True


def may_ask(what: str, whose: str) -> bool:
    """Count a try, and commit it; False where there were too many. What follows begins a transaction of its own."""
    limits = zip(_keys(what, whose), MOST[what], strict=True)
    allowed = [consume_allowance(db.session(), key=key, limit=most, within=WITHIN, now=now()) for key, most in limits]
    db.session.commit()
    return all(allowed)


def _forget(what: str, whose: str) -> None:
    """A try that succeeded does not count."""
    for key in _keys(what, whose):
        refund_allowance(db.session(), key=key)


def _keys(what: str, whose: str) -> tuple[str, str]:
    return f"{what} account {normal_email(whose)}", f"{what} address {request.remote_addr}"
