"""Weekly pairing of a chapter's members for one-to-ones: at most once a week, and no pair again within half a year."""

from collections.abc import Collection, Iterable
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

AHEAD = timedelta(hours=6)  # before the week's post, so that the morning's mail can name the partner
AGAIN = timedelta(days=182)
CIRCLE = 60  # the most members who are matched exactly; a larger chapter is split into new random groups each week


def occurrences_to_pair(session: Session, *, now: datetime) -> list[Occurrence]:
    """Return the occurrences to be paired now, the oldest first; skipped weeks are left out."""
    is_due = Occurrence.due_at.between(now - CATCH_UP, now + AHEAD)
    unpaired = select(Occurrence).where(is_due, Occurrence.paired_at.is_(None), Occurrence.skipped.is_(None))
    return list(session.scalars(unpaired.order_by(Occurrence.due_at, Occurrence.id)))


def propose_pairings(session: Session, *, occurrence: Occurrence, now: datetime) -> list[Pairing]:
    """Propose the week's pairings once, under a lock on ``occurrence``.

    Empty if the occurrence is paired already, or if fewer than two members take part.
    """
    lock(session, occurrence)
    if occurrence.paired_at is not None:
        return []
    occurrence.paired_at = now
    takes_part = (Business.chapter_id == occurrence.chapter_id, Member.is_active, Member.sits_out_at.is_(None))
    ids = session.scalars(select(Member.id).join(Member.business).where(*takes_part, Member.arrived_at.is_not(None)))
    groups = random_groups(ids, occurrence, CIRCLE)
    pairings = [pairing for group in groups for pairing in _pair(session, occurrence, group, now)]
    session.add_all(pairings)
    session.flush()
    return pairings


def random_groups(ids: Iterable[int], occurrence: Occurrence, size: int) -> list[list[int]]:
    """Split the ids into groups of at most ``size``, at random, and in the same way for the same occurrence."""
    shuffled = sorted(ids, key=lambda id: sha256(f"{occurrence.public_id} {id}".encode()).digest())
    count = -(-len(shuffled) // size)
    return [shuffled[at::count] for at in range(count)]


def pairing_reasons(session: Session, pairing: Pairing) -> tuple[PairReason, ...]:
    """Return the current reasons for the pairing, the strongest first; empty if there is none but that it is new."""
    scores = score_pairs(session, pairing.occurrence.chapter, among={pairing.one_id, pairing.other_id})
    return scores.pair(0, 1).reasons if len(scores.members) == 2 else ()


def _pair(session: Session, occurrence: Occurrence, people: Collection[int], now: datetime) -> list[Pairing]:
    scores = score_pairs(session, occurrence.chapter, among=people)
    at = {member.id: position for position, member in enumerate(scores.members)}
    firms = np.array([member.business_id for member in scores.members])
    barred = firms[:, None] == firms[None, :]
    recent = select(Pairing.one_id, Pairing.other_id).where(
        Pairing.paired_at > now - AGAIN, Pairing.one_id.in_(at), Pairing.other_id.in_(at)
    )
    for one, other in session.execute(recent):
        barred[at[one], at[other]] = barred[at[other], at[one]] = True
    weights = weekly_weights(scores.weights, barred, _waited(session, occurrence, scores.members, now))
    return [
        Pairing(occurrence=occurrence, one=scores.members[a], other=scores.members[b], paired_at=now)
        for a, b in pairs(weights)
    ]


def _waited(session: Session, occurrence: Occurrence, members: Collection[Member], now: datetime) -> Floats:
    """Return for each member the chapter's paired occurrences since their last pairing or their arrival.

    Only occurrences of the last half year count.
    """
    recent = select(Occurrence.paired_at).where(
        Occurrence.chapter_id == occurrence.chapter_id, Occurrence.paired_at > now - AGAIN, Occurrence.paired_at < now
    )
    paired_at = [when for when in session.scalars(recent) if when is not None]
    last: dict[int, datetime] = {}
    for column in (Pairing.one_id, Pairing.other_id):
        ids = [member.id for member in members]
        rows = select(column, func.max(Pairing.paired_at)).where(column.in_(ids)).group_by(column)
        for id, when in session.execute(rows):
            last[id] = max(when, last.get(id, when))
    since = [last.get(member.id, member.arrived_at or member.joined_at) for member in members]
    return np.array([float(sum(when > begin for when in paired_at)) for begin in since])
