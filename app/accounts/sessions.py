"""Sessions: a signed-in browser is a row that can be ended; a visitor is a signed cookie and no row."""

from datetime import datetime, timedelta
from secrets import token_urlsafe

from flask import Flask, Request, Response
from flask import request as browser_request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from app.accounts.account import MAY_SIGN_IN, hash_of
from app.accounts.tables import AccountSession, User
from app.db import db
from app.request_time import now
from directory.db import write_session
from directory.people.tables import Member
from directory.translation import gettext

LASTS = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=10)
# What a browser calls itself, the more particular first: most of them also claim to be others.
BROWSERS = (
    *(("Firefox/", "Firefox"), ("FxiOS", "Firefox"), ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung")),
    *(("CriOS", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari")),
)
SYSTEMS = (
    *(("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Android", "Android"), ("Windows", "Windows")),
    *(("Mac OS", "a Mac"), ("CrOS", "a Chromebook"), ("Linux", "Linux")),
)


class BrowserSession(SecureCookieSession):
    """What the site remembers of a browser; ``token`` is its cookie where it is signed in."""

    token: str | None = None
    begins = False  # another account signs in, or the same one anew: what was there before ends
    is_unseen = False  # for some time


class SessionRows(SecureCookieSessionInterface):
    """Keeps who is signed in as rows, found by the SHA-256 of an opaque cookie.

    Visitors get Flask's signed cookie, which holds no more than the CSRF secret of a form and the post that led them
    here; it is never believed to name an account, so nobody signs in with a stolen key alone.
    """

    session_class = BrowserSession

    def open_session(self, app: Flask, request: Request) -> BrowserSession:
        token = request.cookies.get(self.get_cookie_name(app), "")
        if not token or request.path.startswith(f"{app.static_url_path}/"):
            return BrowserSession()
        if "." in token:  # only signed cookies have dots
            visit = super().open_session(app, request)
            return BrowserSession() if visit is None or "_user_id" in visit else BrowserSession(visit)
        with Session(db.engine) as rows:
            living = rows.execute(_living(token, now())).one_or_none()
        session = BrowserSession(self.serializer.loads(living.content) if living else None)
        session.token = token
        session.modified = living is None  # an ended session's cookie is taken away
        session.is_unseen = living is not None and now() - living.seen_at >= SEEN_EVERY
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        assert isinstance(session, BrowserSession)
        token, account = session.token, session.get("_user_id")
        if account is None and token is None:
            return super().save_session(app, session, response)
        response.vary.add("Cookie")
        if not session.modified and not session.is_unseen:
            return None
        db.session.rollback()  # the request's own transaction is over; SQLite has one writer at a time
        with write_session(db.engine) as rows:
            if account is None or session.begins:
                rows.execute(delete(AccountSession).where(AccountSession.token_hash == hash_of(token or "")))
            if account is not None and (token is None or session.begins):
                self._begin(app, rows, session, response)
            elif account is not None and token is not None:
                kept = update(AccountSession).where(AccountSession.token_hash == hash_of(token))
                said = {"content": self.serializer.dumps(dict(session))} if session.modified else {}
                rows.execute(kept.values(seen_at=now(), **said))
        return super().save_session(app, session, response) if account is None else None

    def _begin(self, app: Flask, rows: Session, session: SessionMixin, response: Response) -> None:
        token = token_urlsafe(32)
        rows.execute(delete(AccountSession).where(AccountSession.expires_at <= now()))
        account_id = rows.scalars(select(User.id).where(User.fs_uniquifier == session["_user_id"])).one()
        content = self.serializer.dumps(dict(session))
        rows.add(
            AccountSession(
                token_hash=hash_of(token),
                account_id=account_id,
                content=content,
                browser=browser_of(browser_request.user_agent.string),
                began_at=now(),
                seen_at=now(),
                expires_at=now() + LASTS,
            )
        )
        response.set_cookie(
            self.get_cookie_name(app),
            token,
            max_age=LASTS,
            path=self.get_cookie_path(app),
            secure=self.get_cookie_secure(app),
            samesite=self.get_cookie_samesite(app),
            httponly=True,
        )


def _living(token: str, now: datetime) -> Select[str, datetime]:
    """The session of ``token``, unless it ended or its member is suspended."""
    return (
        select(AccountSession.content, AccountSession.seen_at)
        .join(User, User.id == AccountSession.account_id)
        .join(Member, Member.id == User.member_id)
        .where(AccountSession.token_hash == hash_of(token), AccountSession.expires_at > now)
        .where(User.active, Member.state.in_(MAY_SIGN_IN))
    )


def browser_of(user_agent: str) -> str:
    """What a person would call the browser that calls itself so.

    >>> browser_of("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0")
    'Firefox on Windows'
    """
    browser = next((name for mark, name in BROWSERS if mark in user_agent), gettext("A browser"))
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return gettext("%(browser)s on %(system)s", browser=browser, system=system) if system else browser
