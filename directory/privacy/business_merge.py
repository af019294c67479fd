"""Merging: two records of one firm become one. Everything moves; the old address and the old key lead to what stays."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, String, Table, UniqueConstraint, cast, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, relationship

from directory.audit import record
from directory.db import Base, Row, columns_to
from directory.errors import Invalid
from directory.facts.collaboration import Collaboration, collaboration_capability
from directory.leads.lead import Lead
from directory.leads.offer import Offer, OfferState
from directory.leads.offer_answer import end_offer, lock_offer
from directory.leads.suggestion import Seat, Suggestion, Team
from directory.people.audience import Audience, audience_choices, audience_of
from directory.people.business import PRICES, index_business
from directory.people.chapter import Chapter
from directory.people.claim import Claim
from directory.people.duplicates import duplicate_index
from directory.people.field_declaration import fields_of
from directory.people.tables import Business, Member
from directory.translation import gettext as _
from directory.translation import ngettext

MOST_SUGGESTED = 12


class MovedBusiness(Row, Base):
    """A record that was merged into ``business``: where it stood, and what imports knew it by."""

    __tablename__ = "moved_business"

    public_id: Mapped[str] = mapped_column(String(12), unique=True)
    key: Mapped[str | None] = mapped_column(String(120), unique=True)
    business_id: Mapped[int] = mapped_column(ForeignKey("business.id"), index=True)
    moved_at: Mapped[datetime]

    business: Mapped[Business] = relationship()


@dataclass(frozen=True)
class DuplicatePair:
    """Two records that may be one firm: which of them had better stay, and why they look alike."""

    keep: Business
    drop: Business
    is_sure: bool


def duplicate_suggestions(session: Session, chapter: Chapter) -> list[DuplicatePair]:
    """What a lead may want to merge: firms of the chapter that look like each other or like one of no chapter."""
    known = duplicate_index(session)
    columns = Business.id, Business.name, Business.website, Business.phone
    mine = session.execute(select(*columns).where(Business.chapter_id == chapter.id).order_by(Business.id))
    pairs: dict[frozenset[int], bool] = {}
    for id, *said in mine:
        for twin in known.like(*said):
            pairs.setdefault(frozenset((id, twin.business_id)), twin.is_sure)
    ids = {id for pair in pairs if len(pair) > 1 for id in pair}
    rows = {firm.id: firm for firm in session.scalars(select(Business).where(Business.id.in_(ids)))} if ids else {}
    peopled = set(session.scalars(select(Member.business_id).where(Member.business_id.in_(rows), Member.is_active)))
    found = []
    for pair, is_sure in pairs.items():
        firms = [rows[id] for id in pair if id in rows and rows[id].chapter_id in (None, chapter.id)]
        if len(firms) > 1:
            keep, drop = sorted(firms, key=lambda firm: (firm.id not in peopled, firm.chapter_id is None, firm.id))
            found.append(DuplicatePair(keep, drop, is_sure))
    return sorted(found, key=lambda pair: not pair.is_sure)[:MOST_SUGGESTED]


def merge(session: Session, *, keep: Business, drop: Business, by: Member, now: datetime) -> None:
    """Make the two records one: ``drop`` is gone, and all that named it names ``keep``. It cannot be taken back.

    Raises Invalid for one and the same record.
    """
    if keep.id == drop.id:
        raise Invalid(_("This is already one record. Choose two."))
    session.flush()
    ids = sorted((keep.id, drop.id))
    session.execute(select(Business.id).where(Business.id.in_(ids)).order_by(Business.id).with_for_update())
    _keep_older_claims(session, keep, drop)
    _drop_work_with_itself(session, keep, drop)
    for column in columns_to("business"):
        _move(session, column, keep.id, drop.id)
    _end_offers_to_itself(session, keep, now)
    _rename_in_answers(session, keep.id, drop.id)
    _fill(keep, drop)
    keep.chapter_id = keep.chapter_id or drop.chapter_id
    moved = MovedBusiness(public_id=drop.public_id, key=drop.key, business_id=keep.id, moved_at=now)
    session.execute(delete(Business).where(Business.id == drop.id))
    session.expunge(drop)
    if keep.key is None:
        keep.key, moved.key = moved.key, None
    session.add(moved)
    session.flush()
    session.expire_all()
    index_business(session, keep)
    object = f"business {keep.public_id} {moved.public_id}"
    record(session, actor_id=by.id, action="business.merge", object=object, now=now)


def merged_into(session: Session, public_id: str) -> Business | None:
    """The firm that a record of that public id was merged into."""
    moved = select(Business).join(MovedBusiness, MovedBusiness.business_id == Business.id)
    return session.scalar(moved.where(MovedBusiness.public_id == public_id))


def merged_keys(session: Session) -> dict[str, int]:
    """What imports knew merged records by -> the ids of the firms they became."""
    keyed = select(MovedBusiness.key, MovedBusiness.business_id).where(MovedBusiness.key.is_not(None))
    return {key: id for key, id in session.execute(keyed) if key is not None}


def _move(session: Session, column: Column[Any], keep: int, drop: int) -> None:
    """Let the rows name ``keep``; where ``keep`` has the same already, as a unique constraint says, one goes."""
    table: Table = column.table
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint) and column.name in constraint.columns:
            twin = table.alias()
            same = [
                table.c[other.name].is_not_distinct_from(twin.c[other.name])
                for other in constraint.columns
                if other.name != column.name
            ]
            there = select(twin).where(twin.c[column.name] == keep, *same).exists()
            session.execute(delete(table).where(column == drop, there))
    session.execute(update(table).where(column == drop).values({column.name: keep}))


def _fill(keep: Business, drop: Business) -> None:
    """Take what ``keep`` does not say from ``drop``, for no wider audience; the prices together, in their currency."""
    filled = {name for name in fields_of(Business) if getattr(keep, name) not in (None, "", [])}
    for name, choice in audience_choices().items():
        if choice.of == "business" and not filled & {*choice.columns}:
            narrower = max((audience_of(firm, name) for firm in (keep, drop)), key=list(Audience).index)
            keep.audiences = {**(keep.audiences or {}), name: narrower}
    prices = {f"{name}_minor" for name in PRICES}
    if filled & prices:
        filled |= prices
    else:
        keep.currency = drop.currency
    for name in fields_of(Business).keys() - filled:
        setattr(keep, name, getattr(drop, name))


def _keep_older_claims(session: Session, keep: Business, drop: Business) -> None:
    twin = aliased(Claim)
    older = (
        select(func.min(twin.claimed_at))
        .where(twin.capability_id == Claim.capability_id, twin.business_id.in_((keep.id, drop.id)))
        .scalar_subquery()
    )
    session.execute(
        update(Claim).where(Claim.business_id == keep.id).values(claimed_at=older),
        execution_options={"synchronize_session": False},
    )


def _drop_work_with_itself(session: Session, keep: Business, drop: Business) -> None:
    """Work between the two records was a firm's work with itself, which is evidence of nothing."""
    both = (keep.id, drop.id)
    own = select(Collaboration.id).where(Collaboration.prime_id.in_(both), Collaboration.sub_id.in_(both))
    ids = list(session.scalars(own))
    session.execute(delete(collaboration_capability).where(collaboration_capability.c.collaboration_id.in_(ids)))
    session.execute(delete(Collaboration).where(Collaboration.id.in_(ids)))


def _end_offers_to_itself(session: Session, keep: Business, now: datetime) -> None:
    """A firm that asked the other record for a part of its lead asks itself."""
    waiting_states = (OfferState.PENDING, OfferState.HELD)
    own = select(Offer).join(Offer.lead).where(Offer.business_id == keep.id, Lead.business_id == keep.id)
    waiting = own.where(Offer.state.in_(waiting_states)).order_by(Offer.lead_id, Offer.id)
    for offer in session.scalars(waiting).all():
        lock_offer(session, offer)
        if offer.state in waiting_states:
            end_offer(session, offer, OfferState.WITHDRAWN, by=None, now=now)


def _rename_in_answers(session: Session, keep: int, drop: int) -> None:
    """Stored suggestions name firms inside JSON too."""
    for model, columns in ((Suggestion, ("missing", "similar")), (Team, ("reasons", "paths")), (Seat, ("alternates",))):
        for name in columns:
            column = getattr(model, name)
            for row in session.scalars(select(model).where(cast(column, String).contains(str(drop)))):
                setattr(row, name, _renamed(getattr(row, name), keep, drop))
    session.flush()


def _renamed(value: Any, keep: int, drop: int) -> Any:
    if isinstance(value, dict):
        named = {str(keep) if key == str(drop) else key: _renamed(held, keep, drop) for key, held in value.items()}
        return {**named, "business": keep} if named.get("business") == drop else named
    return [_renamed(held, keep, drop) for held in value] if isinstance(value, list) else value


def describe_moves(session: Session, *, drop: Business) -> list[str]:
    """What ``merge`` would move, in words, for who is asked whether to."""
    counts: Counter[str] = Counter()
    for column in columns_to("business"):
        rows = select(func.count()).select_from(column.table).where(column == drop.id)
        counts[column.table.name] += session.scalar(rows) or 0
    words = {
        "member": ("%(count)s member", "%(count)s members"),
        "claim": ("%(count)s capability", "%(count)s capabilities"),
        "collaboration": ("%(count)s piece of work", "%(count)s pieces of work"),
        "lead": ("%(count)s lead", "%(count)s leads"),
        "seat": ("%(count)s place in a suggested team", "%(count)s places in suggested teams"),
    }
    parts = [ngettext(one, many, counts[name]) for name, (one, many) in words.items() if counts[name]]
    rest = sum(count for name, count in counts.items() if name not in words)
    return [*parts, *([ngettext("%(count)s other entry", "%(count)s other entries", rest)] if rest else [])]
