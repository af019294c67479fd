"""One-to-ones: who of a chapter talks to whom in a week; once a week, nobody twice, nobody again within half a year."""

from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.engine.pair_suggestions import PairReason, score_pairs
from directory.outbox.occurrence import CATCH_UP, Occurrence, lock
from directory.people.tables import Business, Member
from directory.week.pairing import Pairing
from matching.inputs import Floats
from matching.pairing import pairs, weekly_weights

AHEAD = timedelta(hours=6)  # before the week's post, so that the morning's mail can name whom one meets
AGAIN = timedelta(days=182)
CIRCLE = 60  # the most who are matched exactly; larger chapters are dealt into circles anew each week


def occurrences_to_pair(session: Session, *, now: datetime) -> list[Occurrence]:
    """The turns whose talks are to be proposed now, the oldest first; none of a week that was left out."""
    soon = Occurrence.due_at.between(now - CATCH_UP, now + AHEAD)
    open_turns = select(Occurrence).where(soon, Occurrence.paired_at.is_(None), Occurrence.skipped.is_(None))
    return list(session.scalars(open_turns.order_by(Occurrence.due_at, Occurrence.id)))


def propose_pairings(session: Session, *, occurrence: Occurrence, now: datetime) -> list[Pairing]:
    """Propose the week's talks, once; none where it was done, or where fewer than two take part."""
    lock(session, occurrence)
    if occurrence.paired_at is not None:
        return []
    occurrence.paired_at = now
    here = (Business.chapter_id == occurrence.chapter_id, Member.is_active, Member.sits_out_at.is_(None))
    people = session.scalars(select(Member.id).join(Member.business).where(*here, Member.arrived_at.is_not(None)))
    dealt = sorted(people, key=lambda id: sha256(f"{occurrence.public_id} {id}".encode()).digest())
    tables = -(-len(dealt) // CIRCLE)
    made = [pairing for at in range(tables) for pairing in _pair(session, occurrence, dealt[at::tables], now)]
    session.add_all(made)
    session.flush()
    return made


def pairing_reasons(session: Session, pairing: Pairing) -> tuple[PairReason, ...]:
    """What speaks for the talk as things stand today, the strongest first; nothing where they only never met."""
    circle = score_pairs(session, pairing.occurrence.chapter, among={pairing.one_id, pairing.other_id})
    return circle.pair(0, 1).reasons if len(circle.members) == 2 else ()


def _pair(session: Session, occurrence: Occurrence, people: Collection[int], now: datetime) -> list[Pairing]:
    circle = score_pairs(session, occurrence.chapter, among=people)
    at = {member.id: position for position, member in enumerate(circle.members)}
    firms = np.array([member.business_id for member in circle.members])
    barred = firms[:, None] == firms[None, :]
    talked = select(Pairing.one_id, Pairing.other_id).where(
        Pairing.paired_at > now - AGAIN, Pairing.one_id.in_(at), Pairing.other_id.in_(at)
    )
    for one, other in session.execute(talked):
        barred[at[one], at[other]] = barred[at[other], at[one]] = True
    weights = weekly_weights(circle.weights, barred, _waited(session, occurrence, circle.members, now))
    return [
        Pairing(occurrence=occurrence, one=circle.members[a], other=circle.members[b], paired_at=now)
        for a, b in pairs(weights)
    ]


def _waited(session: Session, occurrence: Occurrence, members: Collection[Member], now: datetime) -> Floats:
    """The chapter's turns with talks since each member's last one, or since they came, within half a year."""
    recent = select(Occurrence.paired_at).where(
        Occurrence.chapter_id == occurrence.chapter_id, Occurrence.paired_at > now - AGAIN, Occurrence.paired_at < now
    )
    turns = [when for when in session.scalars(recent) if when is not None]
    last: dict[int, datetime] = {}
    for column in (Pairing.one_id, Pairing.other_id):
        ids = [member.id for member in members]
        rows = select(column, func.max(Pairing.paired_at)).where(column.in_(ids)).group_by(column)
        for id, when in session.execute(rows):
            last[id] = max(when, last.get(id, when))
    since = [last.get(member.id, member.arrived_at or member.joined_at) for member in members]
    return np.array([float(sum(turn > begun for turn in turns)) for begun in since])
