"""One-time links: tokens in mails that let the recipient act once. A GET request changes nothing."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from directory.db import Base, Row
from directory.errors import Invalid
from directory.people.tables import Member, MemberState
from directory.secrets import hash_of, new_token
from directory.translation import gettext as _


class OneTimeLink(Row, Base):
    """A link for one ``purpose`` and member; ``about`` is a public id or empty. Only the token's hash is stored."""

    __tablename__ = "one_time_link"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(24))
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    about: Mapped[str] = mapped_column(String(254), default="")
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]

    member: Mapped[Member] = relationship()


def create_link(
    session: Session, *, purpose: str, member: Member, about: str = "", lasts: timedelta, now: datetime
) -> str:
    """Create a link and return its token: 256 random bits, URL-safe.

    The token is not stored; whoever has it may do what ``purpose`` allows, once.
    """
    token = new_token()
    session.execute(delete(OneTimeLink).where(OneTimeLink.expires_at <= now - timedelta(days=30)))
    session.add(
        OneTimeLink(
            token_hash=hash_of(token), purpose=purpose, member_id=member.id, about=about, expires_at=now + lasts
        )
    )
    session.flush()
    return token


def find_link(session: Session, *, purpose: str, token: str, now: datetime) -> OneTimeLink:
    """Return the link without using it.

    Raises Invalid if it is forged, used, expired, or its member neither active nor pending.
    """
    link = session.scalar(
        select(OneTimeLink)
        .join(OneTimeLink.member)
        .where(
            *(OneTimeLink.token_hash == hash_of(token), OneTimeLink.purpose == purpose),
            *(OneTimeLink.used_at.is_(None), OneTimeLink.expires_at > now),
            Member.state.in_((MemberState.ACTIVE, MemberState.PENDING)),
        )
    )
    if link is None:
        raise Invalid(_("This link was already used, is too old, or is incomplete. Ask for a new one."))
    return link


def use_link(session: Session, *, purpose: str, token: str, now: datetime) -> OneTimeLink:
    """Mark the link as used. Raises Invalid as ``find_link`` does; of two concurrent calls one succeeds."""
    link = find_link(session, purpose=purpose, token=token, now=now)
    used = update(OneTimeLink).where(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None)).values(used_at=now)
    if not session.scalars(used.returning(OneTimeLink.id)).all():
        raise Invalid(_("This link was already used, is too old, or is incomplete. Ask for a new one."))
    session.refresh(link)
    return link


def end_links(session: Session, *, member: Member, now: datetime, purposes: Collection[str] = ()) -> None:
    """Invalidate the member's unused links, of these ``purposes`` only if any are given."""
    open_links = update(OneTimeLink).where(OneTimeLink.member_id == member.id, OneTimeLink.used_at.is_(None))
    if purposes:
        open_links = open_links.where(OneTimeLink.purpose.in_(purposes))
    session.execute(open_links.values(used_at=now))
