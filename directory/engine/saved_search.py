"""Saved searches of members, and the firms that are new in them since the member last looked."""

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

MOST_SAVED = 12  # per member; nobody reads a longer list
PARAMETERS = ("q", "capability", "chapter", "industry", "language", "price", "free", "town", "km")
LONGEST = 200  # characters of a parameter


class SavedSearch(PublicRow, Base):
    """A search saved by a member, with the query ``parameters`` of the list's URL. Nobody else sees it."""

    __tablename__ = "saved_search"

    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    saved_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # when it was deleted; can be undone until another one is deleted


def save(session: Session, *, member: Member, name: str, parameters: dict[str, str], now: datetime) -> SavedSearch:
    """Save a search.

    Raises Invalid for the name, and Conflict for an empty search, a duplicate, or one above MOST_SAVED.
    """
    wanted = {key: parameters[key][:LONGEST] for key in PARAMETERS if parameters.get(key, "").strip()}
    if not wanted:
        raise Conflict(_("Search for something first, then save the search."))
    saved = saved_by(session, member=member)
    if any(search.parameters == wanted for search in saved):
        raise Conflict(_("You already saved this search."))
    if len(saved) >= MOST_SAVED:
        raise Conflict(_("You have %(most)s saved searches. Delete one first.", most=MOST_SAVED))
    name = clean_line(name[:120], field="name", what=_("the name of the search"), limit=120)
    search = SavedSearch(member_id=member.id, name=name, parameters=wanted, saved_at=now, seen_at=now)
    session.add(search)
    session.flush()
    return search


def saved_by(session: Session, *, member: Member) -> list[SavedSearch]:
    """Return the searches that a member has saved, the newest first."""
    saved = select(SavedSearch).where(SavedSearch.member_id == member.id, SavedSearch.ended_at.is_(None))
    return list(session.scalars(saved.order_by(SavedSearch.id.desc())))


def mark_seen(session: Session, *, search: SavedSearch, now: datetime) -> datetime:
    """Mark the results as seen at ``now``; return the previous time, since which results are new."""
    before, search.seen_at = search.seen_at, now
    return before


def delete_search(session: Session, *, search: SavedSearch, now: datetime) -> None:
    """Mark the search as deleted, and remove the member's earlier deleted searches for good."""
    older = delete(SavedSearch).where(SavedSearch.member_id == search.member_id, SavedSearch.ended_at.is_not(None))
    session.execute(older.where(SavedSearch.id != search.id))
    search.ended_at = search.ended_at or now


def undelete_search(session: Session, *, search: SavedSearch) -> None:
    """Undo the deletion."""
    search.ended_at = None


def new_since(session: Session, since: datetime) -> dict[int, datetime]:
    """Return the firms that were created, gained a member or claimed a capability after ``since``: id -> last time."""
    events = union_all(
        select(Business.id, Business.created_at.label("at")).where(Business.created_at > since),
        select(Member.business_id, Member.joined_at).where(Member.joined_at > since, Member.is_active),
        select(Claim.business_id, Claim.claimed_at).where(Claim.claimed_at > since),
    ).subquery()
    return dict(session.execute(select(events.c.id, func.max(events.c.at)).group_by(events.c.id)).all())
