"""Saved searches: what a member looks for again, and how many firms came to it since they last looked."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, delete, func, select, union_all
from sqlalchemy.orm import Mapped, Session, mapped_column

from directory.db import Base, PublicRow
from directory.errors import Conflict
from directory.people.claim import Claim
from directory.people.tables import Business, Member
from directory.text import clean_line
from directory.translation import gettext as _

MOST_SAVED = 12  # a member; more are a list nobody reads
PARAMETERS = ("q", "capability", "chapter", "industry", "language", "price", "free", "town", "km")
LONGEST = 200  # letters of a parameter


class SavedSearch(PublicRow, Base):
    """A search a member keeps: its ``parameters`` as in the address of the list. Nobody else sees it."""

    __tablename__ = "saved_search"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    saved_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # deleted, and may be undone until another is


def save(session: Session, *, member: Member, name: str, parameters: dict[str, str], now: datetime) -> SavedSearch:
    """Keep a search. Raises Invalid, or Conflict for one that looks for nothing or is one too many."""
    wanted = {key: parameters[key][:LONGEST] for key in PARAMETERS if parameters.get(key, "").strip()}
    if not wanted:
        raise Conflict(_("Look for something first, then save the search."))
    kept = saved_by(session, member=member)
    if any(search.parameters == wanted for search in kept):
        raise Conflict(_("You saved this search already."))
    if len(kept) >= MOST_SAVED:
        raise Conflict(_("You have saved %(most)s searches; delete one first.", most=MOST_SAVED))
    name = clean_line(name[:120], field="name", what=_("the name of the search"), limit=120)
    search = SavedSearch(member_id=member.id, name=name, parameters=wanted, saved_at=now, seen_at=now)
    session.add(search)
    session.flush()
    return search


def saved_by(session: Session, *, member: Member) -> list[SavedSearch]:
    """The searches a member has saved, the newest first."""
    kept = select(SavedSearch).where(SavedSearch.member_id == member.id, SavedSearch.ended_at.is_(None))
    return list(session.scalars(kept.order_by(SavedSearch.id.desc())))


def mark_seen(session: Session, *, search: SavedSearch, now: datetime) -> datetime:
    """The member looks at what was found; return since when what they are shown is new."""
    before, search.seen_at = search.seen_at, now
    return before


def delete_search(session: Session, *, search: SavedSearch, now: datetime) -> None:
    """Delete it, and for good what was deleted before."""
    older = delete(SavedSearch).where(SavedSearch.member_id == search.member_id, SavedSearch.ended_at.is_not(None))
    session.execute(older.where(SavedSearch.id != search.id))
    search.ended_at = search.ended_at or now


def undelete_search(session: Session, *, search: SavedSearch) -> None:
    """Take the deletion back."""
    search.ended_at = None


def new_since(session: Session, since: datetime) -> dict[int, datetime]:
    """The firms that came, or whose people joined, or that said they can do more since then, by id, and when."""
    came = union_all(
        select(Business.id, Business.created_at.label("at")).where(Business.created_at > since),
        select(Member.business_id, Member.joined_at).where(Member.joined_at > since, Member.is_active),
        select(Claim.business_id, Claim.claimed_at).where(Claim.claimed_at > since),
    ).subquery()
    return dict(session.execute(select(came.c.id, func.max(came.c.at)).group_by(came.c.id)).all())


def news_since(news: dict[int, datetime], moment: datetime) -> Collection[int]:
    """Those of ``news`` that came after ``moment``."""
    return {firm for firm, at in news.items() if at > moment}
