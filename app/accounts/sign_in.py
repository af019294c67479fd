"""Signing a browser in: what was there before ends, and whoever has a second factor shows it first.

Every try is counted in a transaction of its own, before anything is looked up; a right one does not count.
"""

from datetime import timedelta
from typing import Literal
from uuid import uuid4

from flask import flash, g, request, session, url_for
from flask_security.utils import login_user

from app.accounts import second_factor
from app.accounts.account import account_of, count_attempt, forget_attempt, member_for_email, verify_credentials
from app.accounts.tables import User
from app.attribution_cookie import NAME
from app.db import db
from app.request_time import now
from directory.db import claim_write
from directory.errors import Invalid
from directory.outbox import mail
from directory.outbox.delivery import Delivery
from directory.people.one_time_link import create_link, find_link, use_link
from directory.privacy import departure
from directory.translation import gettext as _

CODE_WITHIN = timedelta(minutes=10)  # of the password, or the link
SECOND = "second"  # the purpose of the link, never mailed, that stands for the first factor in a visitor's cookie
LONGEST_TARGET = 254  # characters that a link can be about


def begin(account: User, how: Literal["link", "password", "totp"], target: str = "/") -> str:
    """Sign this browser in, who proved ``how`` to be of ``account``, and say where it goes next; commit, and redirect.

    That is ``target``, or the page that asks for the code: only ``how="totp"`` passes a second factor.
    """
    came_from = session.get(NAME)
    session.clear()
    if came_from:
        session[NAME] = came_from  # a post that led here is no secret
    g.pop("csrf_token", None)  # a secret that was there before the sign-in ends with it
    if departure.come_back(db.session(), member=account.member, now=now()):
        flash(_("You are back, and nothing is lost."))
    if how != "totp" and second_factor.is_on(db.session(), account=account):
        token = create_link(db.session(), purpose=SECOND, member=account.member, lasts=CODE_WITHIN, now=now())
        session[SECOND] = token
        return url_for("sign_in.code", next=None if target == "/" else target)
    session.begins = True  # type: ignore[attr-defined] # the proxy hands it on to our own session
    login_user(account, authn_via=[how])
    have_proved()
    account.member.arrived_at = account.member.arrived_at or now()
    return target


def account_awaiting_second_factor() -> User | None:
    """The account whose first factor this browser has shown, and not its second yet."""
    try:
        link = find_link(db.session(), purpose=SECOND, token=session.get(SECOND, ""), now=now())
    except Invalid:
        return None
    return account_of(db.session(), link.member, now())


def take_first() -> None:
    """The first factor counts once. Raises Invalid where it was taken meanwhile."""
    use_link(db.session(), purpose=SECOND, token=session.get(SECOND, ""), now=now())


def have_proved() -> None:
    """Remember that whoever sits before this browser proved just now who they are."""
    session["proved_at"] = now().timestamp()


def try_password(email: str, password: str) -> tuple[User | None, int]:
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
    forget_attempt(db.session(), email=email, address=_address())
    return account, 200


def try_code(account: User, code: str) -> int:
    """200, in a writing transaction to be committed, where the code is right; else 422, or 429."""
    key = account.fs_uniquifier
    if not may_ask("code", key):
        return 429
    claim_write(db.session())
    if not second_factor.accept(db.session(), account=account, code=code, now=now()):
        db.session.rollback()
        return 422
    forget_attempt(db.session(), what="code", email=key, address=_address())
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
    allowed = count_attempt(db.session(), what=what, email=whose, address=_address(), now=now())
    db.session.commit()
    return allowed


def _address() -> str:
    return request.remote_addr or ""


def this_browser() -> str | None:
    """The cookie that this browser is signed in by."""
    token: str | None = session.token  # type: ignore[attr-defined]
    return token
