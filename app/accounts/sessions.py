"""Sessions: a signed-in browser is a row that can be ended; a visitor is a signed cookie and no row."""

from datetime import datetime, timedelta

import structlog
from flask import Flask, Request, Response, g, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from sqlalchemy import Select, delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, joinedload

from app.accounts.account import MAY_SIGN_IN
from app.accounts.tables import Account, AccountSession
from app.db import db
from app.request_time import now
from directory.db import write_session
from directory.people.tables import Business, Member
from directory.secrets import hash_of, new_token
from directory.storage_failure import storage_failure
from directory.translation import gettext

log = structlog.get_logger("app")
LASTS = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=10)
FRESH_FOR = timedelta(minutes=10)
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
    """What the site remembers of a browser; ``token`` is its cookie where it is signed in, with ``account_id``."""

    token: str | None = None
    account_id: int | None = None
    is_unseen = False  # for some time


class SessionRows(SecureCookieSessionInterface):
    """Keeps who is signed in as rows, found by the SHA-256 of an opaque cookie.

    Visitors get Flask's signed cookie, which holds no more than the CSRF secret of a form and the post that led them
    here. Only a row names an account, so nobody signs in with a stolen key alone.
    """

    def open_session(self, app: Flask, request: Request) -> BrowserSession:
        token = request.cookies.get(self.get_cookie_name(app), "")
        if not token or request.path.startswith(f"{app.static_url_path}/"):
            return BrowserSession()
        if "." in token:  # only signed cookies have dots
            return BrowserSession(super().open_session(app, request))
        with Session(db.engine) as rows:
            living = rows.execute(_living(token, now())).one_or_none()
        session = BrowserSession(self.serializer.loads(living.content) if living else None)
        if living is None:
            session.modified = True  # an ended session's cookie is taken away
        else:
            session.token, session.account_id = token, living.account_id
            session.is_unseen = now() - living.seen_at >= SEEN_EVERY
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        assert isinstance(session, BrowserSession)
        if session.token is None:
            return super().save_session(app, session, response)
        response.vary.add("Cookie")
        if session.modified or session.is_unseen:
            db.session.rollback()  # the request's own transaction is over; SQLite has one writer at a time
            statement = update(AccountSession).where(AccountSession.token_hash == hash_of(session.token))
            content = {"content": self.serializer.dumps(dict(session))} if session.modified else {}
            try:
                with write_session(db.engine) as rows:
                    rows.execute(statement.values(seen_at=now(), **content))
            except DBAPIError as error:  # the page itself is complete
                if not storage_failure(error):
                    raise
                log.warning("session_not_saved", kind=type(error).__name__)
        if session.new:
            response.set_cookie(
                self.get_cookie_name(app),
                session.token,
                max_age=LASTS,
                path=self.get_cookie_path(app),
                secure=self.get_cookie_secure(app),
                samesite=self.get_cookie_samesite(app),
                httponly=True,
            )


def init_sessions(app: Flask) -> None:
    """Sign-in by rows, with a cookie that goes to this site alone."""
    https = app.config["BASE_URL"].startswith("https://")
    app.config["SESSION_COOKIE_NAME"] = "__Host-goodword" if https else "goodword"
    app.config["SESSION_COOKIE_SECURE"] = https
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.session_interface = SessionRows()


def this_browser() -> BrowserSession:
    """The session of the browser that sent this request."""
    assert isinstance(session, BrowserSession)
    return session


def signed_in() -> Account | None:
    """The account of this browser, with all that every page asks of its member, in one query."""
    account_id = this_browser().account_id
    member = joinedload(Account.member)
    home, held = member.joinedload(Member.business).joinedload(Business.chapter), member.joinedload(Member.holds)
    options = (home, held, joinedload(Account.second_factor))
    return None if account_id is None else db.session.get(Account, account_id, options=options)


def start_session(account: Account) -> None:
    """Sign this browser in, by a cookie that nobody knew before; commit. ``end_session`` comes first."""
    browser, token = this_browser(), new_token()
    db.session.execute(delete(AccountSession).where(AccountSession.expires_at <= now()))
    db.session.add(
        AccountSession(
            token_hash=hash_of(token),
            account_id=account.id,
            content="{}",
            browser=browser_of(request.user_agent.string),
            began_at=now(),
            seen_at=now(),
            expires_at=now() + LASTS,
        )
    )
    browser.token, browser.account_id, browser.new = token, account.id, True


def end_session() -> None:
    """Sign this browser out, and forget all that the site remembered of it, the secret of its forms too; commit."""
    browser = this_browser()
    db.session.execute(delete(AccountSession).where(AccountSession.token_hash == hash_of(browser.token or "")))
    browser.token = browser.account_id = None
    browser.clear()
    g.pop("csrf_token", None)


def have_proved() -> None:
    """Remember that whoever sits before this browser proved just now who they are."""
    session["proved_at"] = now().timestamp()


def is_fresh() -> bool:
    """Whether whoever sent this request proved who they are in the last ten minutes."""
    proved_at: float = session.get("proved_at", 0)
    return 0 <= now().timestamp() - proved_at < FRESH_FOR.total_seconds()


def _living(token: str, now: datetime) -> Select[str, datetime, int]:
    """The session of ``token``, unless it ended or its member is suspended."""
    return (
        select(AccountSession.content, AccountSession.seen_at, AccountSession.account_id)
        .join(AccountSession.account)
        .join(Account.member)
        .where(AccountSession.token_hash == hash_of(token), AccountSession.expires_at > now)
        .where(Member.state.in_(MAY_SIGN_IN))
    )


def browser_of(user_agent: str) -> str:
    """What a person would call the browser that calls itself so.

    >>> browser_of("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0")
    'Firefox on Windows'
    """
    browser = next((name for mark, name in BROWSERS if mark in user_agent), gettext("A browser"))
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    return gettext("%(browser)s on %(system)s", browser=browser, system=system) if system else browser
