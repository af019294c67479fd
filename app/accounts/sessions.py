"""Sessions: a signed-in browser is a row that can be ended; a visitor is a signed cookie and no row."""

from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from app.accounts.account import MAY_SIGN_IN
from app.accounts.tables import AccountSession, User
from app.db import db
from app.moment import now
from directory.db import writing
from directory.people.member import Member

LASTS = timedelta(days=30)


class BrowserSession(SecureCookieSession):
    """What the site remembers of a browser; ``token`` is its cookie where it is signed in."""

    token: str | None = None


class SessionRows(SecureCookieSessionInterface):
    """Keeps who is signed in as rows, found by the SHA-256 of an opaque cookie.

    Visitors get Flask's signed cookie, which holds no more than the CSRF secret of a form; it is never believed
    to name an account, so nobody signs in with a stolen key alone.
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
            content = rows.scalar(_living(token, now()))
        session = BrowserSession(self.serializer.loads(content) if content else None)
        session.token = token
        session.modified = content is None  # an ended session's cookie is taken away
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        token = session.token if isinstance(session, BrowserSession) else None
        account = session.get("_user_id")
        if account is None and token is None:
            return super().save_session(app, session, response)
        response.vary.add("Cookie")
        if not session.modified:
            return None
        db.session.rollback()  # the request's own transaction is over; SQLite has one writer at a time
        with writing(db.engine) as rows:
            if account is None:
                rows.execute(delete(AccountSession).where(AccountSession.token_hash == _hash(token or "")))
            elif token is not None:
                kept = update(AccountSession).where(AccountSession.token_hash == _hash(token))
                rows.execute(kept.values(content=self.serializer.dumps(dict(session))))
            else:
                self._begin(app, rows, session, response)
        return super().save_session(app, session, response) if account is None else None

    def _begin(self, app: Flask, rows: Session, session: SessionMixin, response: Response) -> None:
        token = token_urlsafe(32)
        rows.execute(delete(AccountSession).where(AccountSession.expires_at <= now()))
        account_id = rows.scalars(select(User.id).where(User.fs_uniquifier == session["_user_id"])).one()
        content = self.serializer.dumps(dict(session))
        rows.add(
            AccountSession(token_hash=_hash(token), account_id=account_id, content=content, expires_at=now() + LASTS)
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


def _living(token: str, now: datetime) -> Select[str]:
    """The content of the session of ``token``, unless it ended or its member is suspended."""
    return (
        select(AccountSession.content)
        .join(User, User.id == AccountSession.account_id)
        .join(Member, Member.id == User.member_id)
        .where(AccountSession.token_hash == _hash(token), AccountSession.expires_at > now)
        .where(User.active, Member.state.in_(MAY_SIGN_IN))
    )


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
